import type { Candidate } from './hosts.ts';

/** Rest of a peer that was useful, in milliseconds. */
const SHORT_REST = 5_000;
/** Rest of one that was not; doubled with each failure. */
const LONG_REST = 60_000;
/** First rest of those whom people name: they may be all there is, and a peer that we have just left may not have noticed. */
const FIRST_REST = 10_000;
/** Rest instead of it after failures that took long: whoever does not answer costs more than who refuses. */
const LONGER_REST: Readonly<Record<string, number>> = { timeout: 120_000, silent: 120_000 };

/** How a peer has done: `failures` in a row, none if it was useful the last time. */
export interface Behaved {
  readonly address: Candidate;
  readonly failures: number;
}

/** Milliseconds until a peer whose last session ended with `cause` is dialled again. */
export const restOf = ({ address, failures }: Behaved, cause: string): number => {
  if (failures === 0) return SHORT_REST;
  const long = address.source === 'manual' && failures === 1 ? FIRST_REST : LONG_REST;
  return (LONGER_REST[cause] ?? long) * 2 ** (failures - 1);
};
