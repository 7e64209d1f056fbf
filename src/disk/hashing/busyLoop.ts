import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Milliseconds over which it is measured. */
const EVERY = 200;
/**
 * Shares of the time in which the event loop does not wait: from the first on it is busy, until it is down to the
 * second.
 */
const BUSY = 0.9;
const CALM = 0.5;

/** What it is measured by. */
export interface LoopClock {
  now(): number;
  eventLoopUtilization(since?: EventLoopUtilization): EventLoopUtilization;
}

/**
 * Has the calling thread as much to do as it can? What it then leaves to others is some two fifths of its time: so it
 * is not asked to take it back before it is idle for half of it.
 */
export const busyLoop = (clock: LoopClock = performance): (() => boolean) => {
  let busy = false;
  let at = clock.now();
  let last = clock.eventLoopUtilization();
  return () => {
    const now = clock.now();
    if (now - at < EVERY) return busy;
    busy = clock.eventLoopUtilization(last).utilization > (busy ? CALM : BUSY);
    at = now;
    last = clock.eventLoopUtilization();
    return busy;
  };
};
