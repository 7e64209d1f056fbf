import { NetworkError } from '../../contracts/errors.ts';
import type { Given } from './io.ts';

/** Options that name a source of peers, the best advice first. */
const WHO = ['tracker', 'peer'] as const;
/** The advice for a command that asks only the DHT. */
const NODES = 'bootstrap';

/** Does the user's command have this option? Advice never names options of other commands. */
export const offers = (given: Given, option: string): boolean =>
  ((given['offers'] ?? []) as readonly string[]).includes(option);

/** `: give another --tracker or --peer`, as far as the command has them; '' if there is nothing to give. */
export const give = (given: Given, article: 'a' | 'another'): string => {
  const options = WHO.filter((option) => offers(given, option));
  const all = options.length > 0 ? options : [NODES].filter((option) => offers(given, option));
  return all.length === 0 ? '' : `: give ${article} --${all.join(article === 'a' ? ' or a --' : ' or --')}`;
};

/** Advice when no data has come. */
export const tryAgain = (given: Given): string => `try again later${give(given, 'another').replace(':', ', or')}`;

const PORT_CODES: ReadonlySet<string> = new Set(['port-taken', 'port-denied', 'no-address']);

/** Adds advice to the error of a port that `option` names; other errors are unchanged. */
export const portAdvice = (error: unknown, option: 'port' | 'dht-port', otherwise = ''): unknown => {
  if (!(error instanceof NetworkError) || !PORT_CODES.has(error.code)) return error;
  const what = error.code === 'port-denied' ? `a --${option} above 1023` : `another --${option}`;
  return new NetworkError(error.code, error.where, `${error.why}: give ${what}${otherwise}`, { cause: error });
};
