import { now } from '../../src/contracts/clock.ts';

/** How far the clock of a host is ahead of the time that really passes, in milliseconds. */
export interface Skew {
  ahead: number;
}

/** The time as a network needs it: what really passes, and programs that are told another time. */
export interface HostTime {
  /** Milliseconds, whatever the clocks of hosts show. */
  now(): number;
  /** Does something as a program for which it is later, or earlier: also in all timers that it sets. */
  within(skew: Skew, act: () => void): void;
}

/** All clocks are right. */
export const RIGHT: HostTime = { now, within: (_, act) => act() };
