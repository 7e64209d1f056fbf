import { now } from '../../src/contracts/clock.ts';

/** What time it is for the programs of a host, and what waits for it there. */
export interface Skew {
  /** Milliseconds that its clock is ahead of the time that really passes. */
  ahead: number;
  /** Timers that its programs have set, and that are not over. */
  timers: number;
}

/** The time as a network needs it: what really passes, and programs that are told another time. */
export interface HostTime {
  /** Milliseconds, whatever the clocks of hosts show. */
  now(): number;
  /**
   * Does something as a program for which it is later, or earlier: also in all timers that it sets. Without `skew` as
   * the network itself.
   */
  within(skew: Skew | undefined, act: () => void): void;
}

/** All clocks are right. */
export const RIGHT: HostTime = { now, within: (_, act) => act() };
