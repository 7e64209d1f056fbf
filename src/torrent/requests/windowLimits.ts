import { BLOCK } from '../geometry.ts';

/** Requests in flight with one peer, at the least and at the most. */
export const MIN_WINDOW = 2;
export const MAX_WINDOW = 500;
/** Before anything is known of a peer. */
export const FIRST_WINDOW = 4;
/** Slow start ends when a second brings less than so much more than the one before, in bytes a second. */
export const SLOW_START_GAIN = 5_000;
/**
 * So many that were asked for, or a quarter of the window, may be overtaken by others before all of them are taken to
 * be lost.
 */
export const MOST_OVERTAKEN = 16;
/** Blocks that a snubbed peer owes which are remembered, and so they are not asked of it again. */
export const MAX_OWED = 2 * MAX_WINDOW;

/** How many requests hold what a peer sends at `rate` bytes a second in so many milliseconds. */
export const windowFor = (rate: number, ms: number): number =>
  Math.max(MIN_WINDOW, Math.ceil((rate * ms) / (1_000 * BLOCK)));
