import { addressKey } from '../../protocol/encoding/address.ts';
import { isHome } from '../../protocol/encoding/reach.ts';

/** What the book needs to know of an address. */
export interface Candidate {
  readonly host: string;
  readonly port: number;
  /** Who named it; those that are no `PREFERENCE` come last. */
  readonly source?: string;
}

/** What followed from a session with a peer, as `verdict` names it; `closed` when they hung up without an error. */
export type Ending = 'closed' | 'retry' | 'drop' | 'ban' | 'fatal';

/** What becomes of an address that is named: why it is not taken up, if it is not. */
export type Admission = 'added' | 'known' | 'banned' | 'self' | 'per-host' | 'full';

/** The oldest one is forgotten when there are more than `most`. */
export const remember = (set: Set<string>, key: string, most: number): void => {
  set.add(key);
  const [oldest] = set;
  if (set.size > most && oldest !== undefined) set.delete(oldest);
};

/**
 * Peers in one house share an address of the internet; those on one machine or local network do not: each is a host of
 * its own.
 */
export const hostOf = (address: Candidate): string => (isHome(address.host) ? addressKey(address) : address.host);
