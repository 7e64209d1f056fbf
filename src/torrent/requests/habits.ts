import { Depth } from './depth.ts';
import { LateRequests } from './lateRequests.ts';
import { Offences } from './offences.ts';
import type { WindowRule } from './windowRule.ts';

/** Blocks that were never asked for which are borne with, and the milliseconds in which one of them is forgiven. */
export const MAX_UNASKED = 10;
export const FORGIVEN_EVERY = 30_000;
/** Milliseconds between ticks, and how much more or less there is only when a clock was set, or the machine slept. */
const TICK = 1_000;
const MOST_AMISS = 5_000;

/**
 * What is known of how one peer answers, from the first unchoke to the last word: what it owes, how much it keeps, what
 * it made up, and for how long it has unchoked us in vain. Depends on nothing; `Requests` of one unchoke after the
 * other write it.
 */
export class Habits {
  readonly late = new LateRequests();
  readonly depth = new Depth();
  readonly lies = new Offences(MAX_UNASKED, FORGIVEN_EVERY);
  /** Chokes since the last block, each while something was asked for, or all of it was rejected. */
  barren = 0;
  /** Requests since the last tick. */
  asked = 0;
  lastBlockAt: number;
  /** How many requests the user wants in flight. */
  rule: WindowRule | undefined = undefined;
  #tickedAt: number;

  constructor(now: number) {
    this.lastBlockAt = this.#tickedAt = now;
  }

  /** Every second. A clock that was set forward or back, or a machine that slept, does not make a peer silent. */
  tick(now: number): void {
    const amiss = now - this.#tickedAt - TICK;
    this.#tickedAt = now;
    if (Math.abs(amiss) > MOST_AMISS) this.lastBlockAt += amiss;
  }
}
