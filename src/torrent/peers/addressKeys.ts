import { addressKey } from '../../protocol/encoding/address.ts';
import { isHome } from '../../protocol/encoding/reach.ts';

/** What the address book needs to know about an address. */
export interface Candidate {
  readonly host: string;
  readonly port: number;
  /** The source of the address; sources without a `PREFERENCE` come last. */
  readonly source?: string;
}

/** How a session ended, as `verdict` says; `closed` if the peer hung up without an error. */
export type Ending = 'closed' | 'retry' | 'drop' | 'ban' | 'fatal';

/** What becomes of an address that is named: `added`, or why it is not. */
export type Admission = 'added' | 'known' | 'banned' | 'self' | 'per-host' | 'full';

/** Adds a key, and removes the oldest one if there are more than `most`. */
export const remember = (set: Set<string>, key: string, most: number): void => {
  set.add(key);
  const [oldest] = set;
  if (set.size > most && oldest !== undefined) set.delete(oldest);
};

/**
 * The host that limits and bans apply to. Peers in one home share a public address. On one machine or local network
 * each address is a host of its own.
 */
export const hostOf = (address: Candidate): string => (isHome(address.host) ? addressKey(address) : address.host);
