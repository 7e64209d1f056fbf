import { describe, expect, it } from 'vitest';
import { Horizon } from '../../../src/torrent/requests/horizon.ts';

/** Seconds in each of which the quickest block takes so long; what a window then holds. */
const after = (horizon: Horizon, ...delays: readonly number[]): number => {
  for (const delay of delays) {
    horizon.heard(delay);
    horizon.tick();
    horizon.check();
  }
  return horizon.ms;
};
const times = (count: number, delay: number): number[] => new Array<number>(count).fill(delay);

describe('for how long a peer is to have something to send', () => {
  it('is three seconds while nothing is known, then twice what the quickest block took, and a second', () => {
    const horizon = new Horizon();
    horizon.tick();
    expect(horizon.ms).toBe(3_000);
    horizon.heard(400);
    expect(after(horizon, 150)).toBe(1_300);
  });

  it('becomes a second where blocks wait for each other', () => {
    const horizon = new Horizon();
    after(horizon, 20);
    for (let second = 0; second < 60; second++) after(horizon, horizon.ms / 2);
    expect(horizon.ms).toBe(1_000);
  });

  it.each([100, 300, 600, 1_200])('is longer than the way, also when that becomes longer: %i ms', (way) => {
    const horizon = new Horizon();
    after(horizon, 20);
    for (let second = 0; second < 60; second++) {
      after(horizon, Math.max(way, horizon.ms / 2));
      // Of what the window holds three quarters are in flight, as requests travel in batches.
      if (second > 3) expect(0.75 * horizon.ms).toBeGreaterThan(way);
    }
  });

  it('is three seconds at the most, and does not change while nothing comes', () => {
    const horizon = new Horizon();
    expect(after(horizon, 20, ...times(3, 9_000))).toBe(3_000);
    for (let second = 0; second < 9; second++) horizon.tick();
    expect(horizon.ms).toBe(3_000);
  });

  it('knows a line that is full by blocks that take twice as long as the quickest, and more', () => {
    const horizon = new Horizon();
    const isFull = (delay: number): boolean => {
      horizon.heard(delay);
      return horizon.full;
    };
    expect([300, 200, Infinity, -1, -Infinity, 500, 501, 200].map(isFull)).toEqual([
      ...new Array<boolean>(6).fill(false),
      true,
      true,
    ]);
  });
});
