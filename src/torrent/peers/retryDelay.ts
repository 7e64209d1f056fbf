import type { Candidate } from './addressKeys.ts';

/** Number of failures in a row that are tolerated: after one more a peer is given up. */
export const MAX_FAILURES = 3;
/** The same for a peer that no other can replace: its first delays are short, and the usual ones follow. */
export const MAX_FAILURES_AT_STAKE = 6;

/** Delay after a useful session, in milliseconds. */
const SHORT_REST = 5_000;
/** Delay after a failure, in milliseconds; doubled with each further failure. */
const LONG_REST = 60_000;
/**
 * First delay for a peer that the user has named, in milliseconds: it may be the only one, and a peer that we have just
 * left may not have noticed yet.
 */
const FIRST_REST = 10_000;
/** Longer delays after failures that took long: a peer that does not answer costs more than one that refuses. */
const LONGER_REST: Readonly<Record<string, number>> = { timeout: 120_000, silent: 120_000 };
/**
 * First delays for a peer that no other can replace, whatever its failure was: a seed that is restarted is back within
 * seconds.
 */
const STAKE_RESTS: readonly number[] = [5_000, 10_000, 20_000];

/** The cause in the address book when a dial failed because this machine could not open another connection. */
export const NO_ROOM = 'no-room';
/** Delay after that until the same address is dialled again, in milliseconds. */
export const NO_ROOM_REST = 2_000;

/** The cause in the address book when a peer hung up on a plain handshake: it is dialled in another way at once. */
export const OTHER_WAY = 'encrypts-only';

/** The record of a peer: `failures` in a row, 0 if its last session was useful. */
export interface Behaved {
  readonly address: Candidate;
  readonly failures: number;
}

/**
 * Milliseconds until a peer whose last session ended with `cause` is dialled again. `atStake`: it is the only known
 * peer, or had a piece that we lack and no other peer has.
 */
export const retryDelay = ({ address, failures }: Behaved, cause: string, atStake = false): number => {
  if (cause === NO_ROOM) return NO_ROOM_REST;
  if (failures === 0) return SHORT_REST;
  if (cause === OTHER_WAY && failures === 1) return 0;
  if (atStake) return STAKE_RESTS[failures - 1] ?? LONG_REST * 2 ** (failures - 1 - STAKE_RESTS.length);
  const long = address.source === 'manual' && failures === 1 ? FIRST_REST : LONG_REST;
  return (LONGER_REST[cause] ?? long) * 2 ** (failures - 1);
};
