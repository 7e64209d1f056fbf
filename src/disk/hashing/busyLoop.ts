import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Length of a measurement, in milliseconds. */
const EVERY = 200;
/**
 * Shares of the time for which the event loop does not wait: at the first it becomes busy, and stays so until the
 * second.
 */
const BUSY = 0.9;
const CALM = 0.5;

/** The clock of a measurement. */
export interface LoopClock {
  now(): number;
  eventLoopUtilization(since?: EventLoopUtilization): EventLoopUtilization;
}

/**
 * Is the calling thread saturated? There is a hysteresis from 90 % to 50 %: offloading the hashing frees about 40 % of
 * the thread's time, so a higher lower limit would make it flap.
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
