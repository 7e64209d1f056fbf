import { NetworkError } from '../../contracts/errors.ts';
import type { Given } from './io.ts';

/** Options that name somebody to ask, the best advice first. */
const WHO = ['tracker', 'peer'] as const;
/** What is left to a command that asks the DHT alone. */
const NODES = 'bootstrap';

/** Does the command that the user runs have this option? Nobody is told to use another one. */
export const offers = (given: Given, option: string): boolean =>
  ((given['offers'] ?? []) as readonly string[]).includes(option);

/** `: give another --tracker or --peer`, as far as the command has them; '' if there is nothing to give. */
export const give = (given: Given, article: 'a' | 'another'): string => {
  const options = WHO.filter((option) => offers(given, option));
  const all = options.length > 0 ? options : [NODES].filter((option) => offers(given, option));
  return all.length === 0 ? '' : `: give ${article} --${all.join(article === 'a' ? ' or a --' : ' or --')}`;
};

/** What may help when nothing has come. */
export const tryAgain = (given: Given): string => `try again later${give(given, 'another').replace(':', ', or')}`;

const PORT_CODES: ReadonlySet<string> = new Set(['port-taken', 'port-denied', 'no-address']);

/** What may help when a port can't be had that `option` names; other errors as they are. */
export const portAdvice = (error: unknown, option: 'port' | 'dht-port', otherwise = ''): unknown => {
  if (!(error instanceof NetworkError) || !PORT_CODES.has(error.code)) return error;
  const what = error.code === 'port-denied' ? `a --${option} above 1023` : `another --${option}`;
  return new NetworkError(error.code, error.where, `${error.why}: give ${what}${otherwise}`, { cause: error });
};
