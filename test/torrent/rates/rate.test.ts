import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rate } from '../../../src/torrent/rates/rate.ts';

describe('Rate', () => {
  it('is the growth of the last five seconds', () => {
    const rate = new Rate();
    expect(rate.sample(100, 0)).toBe(0);
    expect([1, 2, 3, 4, 5].map((second) => rate.sample(100 + 10 * second, second * 1000))).toEqual([
      10, 10, 10, 10, 10,
    ]);
    expect([6, 7, 8, 9, 10, 11].map((second) => rate.sample(150, second * 1000))).toEqual([8, 6, 4, 2, 0, 0]);
  });

  it('keeps what it needs of the last five seconds, and no more', () => {
    const samples = fc.array(fc.record({ pause: fc.nat(7_000), growth: fc.nat(3) }), { maxLength: 60 });
    fc.assert(
      fc.property(samples, (all) => {
        const rate = new Rate();
        let [now, total] = [0, 0];
        for (const { pause, growth } of all) {
          expect(rate.sample((total += growth), (now += pause))).toBeGreaterThanOrEqual(0);
          rate.check();
        }
      }),
    );
  });

  it('knows nothing of two samples at one time, and is right after a pause', () => {
    const rate = new Rate();
    rate.sample(0, 0);
    expect(rate.sample(50, 0)).toBe(0);
    expect(rate.sample(60_000, 60_000)).toBeCloseTo(1000, -1);
    expect(rate.sample(60_000, 120_000)).toBe(0);
  });
});
