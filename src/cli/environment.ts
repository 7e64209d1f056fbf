import { InputError } from '../errors.ts';
import type { OptionTable } from './options.ts';

const PREFIX = 'RXTORRENT_';

/** Options that may be repeated. */
const LISTS: ReadonlySet<string> = new Set(['peer', 'tracker', 'bootstrap', 'web-seed']);

const truth = (name: string, value: string): boolean => {
  if (value === '1' || value === 'true') return true;
  if (value === '0' || value === 'false' || value === '') return false;
  throw new InputError('bad-option', `${name}=${JSON.stringify(value)}: expected 1 or 0`);
};

/**
 * The options of one command as the environment has them: `--max-peers` is `RXTORRENT_MAX_PEERS`. Those of other commands
 * are left alone, so that a variable in a profile does not make an unrelated command fail. Repeatable ones are split at spaces.
 */
export const fromEnvironment = (environment: NodeJS.ProcessEnv, options: OptionTable): Record<string, unknown> => {
  const given: Record<string, unknown> = {};
  for (const [option, { boolean }] of Object.entries(options)) {
    const name = PREFIX + option.toUpperCase().replaceAll('-', '_');
    const value = environment[name];
    if (value === undefined) continue;
    if (boolean) given[option] = truth(name, value);
    else if (LISTS.has(option)) given[option] = value.split(/\s+/).filter(Boolean);
    else given[option] = value;
  }
  return given;
};
