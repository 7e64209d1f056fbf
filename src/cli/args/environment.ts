import { InputError } from '../../contracts/errors.ts';
import { nearest } from './nearest.ts';
import type { OptionTable } from './option.ts';
import { visible } from '../io/text.ts';

const PREFIX = 'RXTORRENT_';
/** Unknown variables that are warned of; warnings of more would tell nothing new. */
const MAX_COMPLAINTS = 5;

/** The variable of an option: `--max-peers` is `RXTORRENT_MAX_PEERS`. */
const variableOf = (option: string): string => PREFIX + option.toUpperCase().replaceAll('-', '_');

const truth = (name: string, value: string): boolean => {
  if (value === '1' || value === 'true') return true;
  if (value === '0' || value === 'false') return false;
  throw new InputError('bad-option', `${name}=${JSON.stringify(value)}: expected 1 or 0`);
};

/**
 * The options of one command as the environment sets them. Variables of other commands are ignored, so that a variable
 * in a profile does not make an unrelated command fail; an empty variable counts as unset. Repeatable options are
 * lists, one value a word or a line. @throws InputError
 */
export const fromEnvironment = (environment: NodeJS.ProcessEnv, options: OptionTable): Record<string, unknown> => {
  const given: Record<string, unknown> = {};
  for (const [option, { boolean, apart }] of Object.entries(options)) {
    const name = variableOf(option);
    const value = environment[name];
    if (value === undefined || value === '') continue;
    if (boolean) given[option] = truth(name, value);
    else given[option] = apart ? value.split(apart).filter((each) => each.trim() !== '') : value;
  }
  return given;
};

/** If an error is about one of `options`, names the variable that its value came from; any other error is unchanged. */
export const aboutVariable = (error: unknown, options: ReadonlySet<string>): unknown => {
  if (!(error instanceof InputError)) return error;
  const [start = '', option = ''] = /^--([a-z][a-z-]*)( (?="))?/.exec(error.message) ?? [];
  if (!options.has(option)) return error;
  const message = `${variableOf(option)}${start.endsWith(' ') ? '=' : ''}${error.message.slice(start.length)}`;
  return new InputError(error.code, message, { cause: error.cause });
};

/** A warning for each variable that looks like one of ours and is an option of none of `commands`. */
export const unknownVariables = (
  environment: NodeJS.ProcessEnv,
  commands: Iterable<{ readonly options: OptionTable }>,
): readonly string[] => {
  const known = new Set([...commands].flatMap(({ options }) => Object.keys(options)).map(variableOf));
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .slice(0, MAX_COMPLAINTS)
    .map((name) => {
      const like = nearest(name.toUpperCase(), [...known]);
      const hint = like ? `did you mean ${like}?` : 'it changes nothing';
      return `${visible(name)} is not the variable of any option: ${hint}`;
    });
};
