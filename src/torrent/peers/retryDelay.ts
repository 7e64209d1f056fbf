import type { Candidate } from './addressKeys.ts';

/** Failures in a row that are borne: at the next one a peer is given up. */
export const MAX_FAILURES = 3;
/** The same of one that nobody can take the place of: its first rests are short, and the others follow all the same. */
export const MAX_FAILURES_AT_STAKE = 6;

/** Rest of a peer that was useful, in milliseconds. */
const SHORT_REST = 5_000;
/** Rest of one that was not; doubled with each failure. */
const LONG_REST = 60_000;
/**
 * First rest of those that people name: they may be all there is, and a peer that we have just left may not have
 * noticed.
 */
const FIRST_REST = 10_000;
/** Rest instead of it after failures that took long: a peer that does not answer costs more than one that refuses. */
const LONGER_REST: Readonly<Record<string, number>> = { timeout: 120_000, silent: 120_000 };
/**
 * First rests of one that nobody can take the place of, whatever it did: a seed that is begun again is there in
 * seconds.
 */
const STAKE_RESTS: readonly number[] = [5_000, 10_000, 20_000];

/** How the book calls it when a dial failed because this machine had no room for one more connection. */
export const NO_ROOM = 'no-room';
/** Milliseconds until the same address is dialled again after that. */
export const NO_ROOM_REST = 2_000;

/** How a peer has done: `failures` in a row, none if it was useful the last time. */
export interface Behaved {
  readonly address: Candidate;
  readonly failures: number;
}

/**
 * Milliseconds until a peer whose last session ended with `cause` is dialled again. `atStake`: it is the only one that
 * there is, or had a piece that we lack and nobody else has.
 */
export const retryDelay = ({ address, failures }: Behaved, cause: string, atStake = false): number => {
  if (cause === NO_ROOM) return NO_ROOM_REST;
  if (failures === 0) return SHORT_REST;
  if (atStake) return STAKE_RESTS[failures - 1] ?? LONG_REST * 2 ** (failures - 1 - STAKE_RESTS.length);
  const long = address.source === 'manual' && failures === 1 ? FIRST_REST : LONG_REST;
  return (LONGER_REST[cause] ?? long) * 2 ** (failures - 1);
};
