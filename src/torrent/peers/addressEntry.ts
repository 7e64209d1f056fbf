import { type Candidate, hostOf } from './addressKeys.ts';

/** What the address book knows about an address. */
export interface Entry<A> {
  /** Its key in the book. */
  key: string;
  /** The address at which the peer can be dialled, or from which it has called if we know no other. */
  address: A;
  /** The address by which the session knows the peer. */
  readonly session: A;
  state: 'waiting' | 'active' | 'resting';
  /** Number of sessions in a row in which the peer gave us nothing. */
  failures: number;
  /** The peer gave us something in its last session. */
  useful: boolean;
  /** The peer has called us, and cannot be dialled. */
  passing: boolean;
  /** Priority of BEP 40; 0 if unknown. */
  priority: number;
  /** Time in milliseconds at which a resting address is waiting again. */
  until: number;
}

/** The entry of an address of which nothing is known yet. */
export const entryOf = <A>(
  known: Pick<Entry<A>, 'key' | 'address' | 'session' | 'state' | 'passing' | 'priority'>,
): Entry<A> => ({ ...known, failures: 0, useful: false, until: 0 });

/** The inactive address that has failed most often; undefined if none has failed. */
export const worstOf = <A>(entries: Iterable<Entry<A>>): Entry<A> | undefined => {
  let worst: Entry<A> | undefined;
  for (const entry of entries) if (entry.state !== 'active' && entry.failures > (worst?.failures ?? 0)) worst = entry;
  return worst;
};

/** The inactive addresses of a host. */
export function* idleAt<A extends Candidate>(
  entries: Iterable<Entry<A>>,
  host: string,
): Generator<Entry<A>, undefined> {
  for (const entry of entries) if (entry.state !== 'active' && hostOf(entry.address) === host) yield entry;
}
