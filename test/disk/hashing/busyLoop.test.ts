import type { EventLoopUtilization } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { busyLoop } from '../../../src/disk/hashing/busyLoop.ts';

/** A loop that is as busy as the test says, on a clock of its own. */
const loop = () => {
  let now = 0;
  let active = 0;
  const clock = {
    now: () => now,
    eventLoopUtilization: (since?: EventLoopUtilization): EventLoopUtilization => {
      const [from, before] = since ? [since.active + since.idle, since.active] : [0, 0];
      return { active, idle: now - active, utilization: (active - before) / (now - from) };
    },
  };
  const pass = (milliseconds: number, share: number): void => {
    now += milliseconds;
    active += milliseconds * share;
  };
  return { pass, busy: busyLoop(clock) };
};

describe('a loop', () => {
  it('is not busy before anything is known of it', () => {
    expect(loop().busy()).toBe(false);
  });

  it('is busy when it hardly ever waits, and until it waits for half of the time', () => {
    const { pass, busy } = loop();
    const said = [0.85, 0.95, 0.6, 0.51, 0.49, 0.85, 1].map((share) => {
      pass(200, share);
      return busy();
    });
    expect(said).toEqual([false, true, true, true, false, false, true]);
  });

  it('is looked at five times a second at most', () => {
    const { pass, busy } = loop();
    pass(199, 1);
    expect(busy()).toBe(false);
    pass(1, 1);
    expect([busy(), busy()]).toEqual([true, true]);
    pass(100, 0);
    expect(busy()).toBe(true);
    pass(100, 0);
    expect(busy()).toBe(false);
  });
});
