import { type Candidate, hostOf } from './addressKeys.ts';

/** What the book notes of an address. */
export interface Entry<A> {
  /** Where it can be dialled; where it called from, as long as that is all we know of it. */
  address: A;
  /** The address by which its session knows it. */
  readonly session: A;
  state: 'waiting' | 'active' | 'resting';
  /** Sessions in a row in which it gave us nothing. */
  failures: number;
  /** It gave us something, the last time. */
  useful: boolean;
  /** It has called, and can't be dialled. */
  passing: boolean;
  /** Of BEP 40; 0 if unknown. */
  priority: number;
  /** When it is waiting again, in milliseconds, if it is resting. */
  until: number;
}

/** Of those that are not active the one that failed most often; undefined if none of them has failed. */
export const worstOf = <A>(entries: Iterable<Entry<A>>): Entry<A> | undefined => {
  let worst: Entry<A> | undefined;
  for (const entry of entries) if (entry.state !== 'active' && entry.failures > (worst?.failures ?? 0)) worst = entry;
  return worst;
};

/** Those at a host that are not active. */
export function* idleAt<A extends Candidate>(
  entries: Iterable<Entry<A>>,
  host: string,
): Generator<Entry<A>, undefined> {
  for (const entry of entries) if (entry.state !== 'active' && hostOf(entry.address) === host) yield entry;
}
