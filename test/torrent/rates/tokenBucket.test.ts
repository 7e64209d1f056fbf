import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../src/torrent/rates/tokenBucket.ts';

const BLOCK = 16_384;

/** Takes blocks whenever it may, for so many seconds; bytes taken. */
const greedy = (bucket: TokenBucket, seconds: number, from = 0): number => {
  let taken = 0;
  let now = from;
  while (now < from + seconds * 1000) {
    if (bucket.take(BLOCK, now)) taken += BLOCK;
    else now += Math.max(1, Math.min(bucket.readyIn(BLOCK, now), from + seconds * 1000 - now));
  }
  return taken;
};

describe('a token bucket', () => {
  it.each([2_000_000, 300_000, 100_000_000])(
    'gives %i bytes a second, exact to five per cent over ten seconds',
    (rate) => {
      const bucket = new TokenBucket(rate, 0);
      expect(Math.abs(greedy(bucket, 10) - rate * 10)).toBeLessThanOrEqual(rate * 0.5);
      expect(Math.abs(greedy(bucket, 10, 20_000) - rate * 10)).toBeLessThanOrEqual(rate * 0.5);
    },
  );

  it('lets a block through that is larger than all it can hold, and waits for the debt', () => {
    const bucket = new TokenBucket(1000, 0);
    const ready = bucket.readyIn(BLOCK, 0);
    expect(ready).toBe(300);
    expect(bucket.take(BLOCK, 299)).toBe(false);
    expect(bucket.take(BLOCK, 300)).toBe(true);
    expect(bucket.readyIn(BLOCK, 300)).toBe(BLOCK);
  });

  it('is no limit at Infinity, and lets nothing through at 0', () => {
    const bucket = new TokenBucket(Infinity, 0);
    expect(bucket.take(1e12, 0)).toBe(true);
    expect(bucket.readyIn(1e12, 0)).toBe(0);
    bucket.change(0, 0);
    expect(bucket.take(1, 1e9)).toBe(false);
    expect(bucket.readyIn(1, 1e9)).toBe(Infinity);
    bucket.change(1e6, 1e9);
    expect(bucket.tokens).toBe(0);
    expect(bucket.take(1000, 1e9 + 1)).toBe(true);
  });

  it('neither gains nor loses when the clock is set back', () => {
    const bucket = new TokenBucket(1_000_000, 10_000);
    expect(bucket.readyIn(1000, 5_000)).toBe(1);
    expect(bucket.take(1000, 5_001)).toBe(true);
  });

  it('takes back what is not used, as far as it has room', () => {
    const bucket = new TokenBucket(1_000_000, 0);
    expect(bucket.take(300_000, 300)).toBe(true);
    expect(bucket.take(1, 300)).toBe(false);
    bucket.give(200_000, 300);
    expect(bucket.take(200_000, 300)).toBe(true);
    bucket.give(1e9, 300);
    expect(bucket.tokens).toBe(bucket.capacity);
  });

  it('makes what was used without leave be waited for', () => {
    const bucket = new TokenBucket(1_000_000, 0);
    bucket.spend(1_000_000, 0);
    expect(bucket.readyIn(1000, 0)).toBe(1001);
  });

  it.each([Number.NaN, -1])('refuses %s', (rate) => expect(() => new TokenBucket(rate, 0)).toThrow(RangeError));
});

describe('whatever is done with it', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('take' as const), value: fc.integer({ min: 1, max: 65_536 }) }),
    fc.record({ kind: fc.constant('give' as const), value: fc.integer({ min: 1, max: 65_536 }) }),
    fc.record({ kind: fc.constant('wait' as const), value: fc.integer({ min: -500, max: 3000 }) }),
  );

  it('never gives more than the rate, what it held, and what one take was too large by', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.array(step, { maxLength: 200 }), (rate, steps) => {
        const bucket = new TokenBucket(rate, 0);
        let [now, passed, taken, largest] = [0, 0, 0, 0];
        for (const { kind, value } of steps) {
          if (kind === 'wait') {
            now += value;
            passed += Math.max(0, value);
            bucket.readyIn(1, now);
          } else if (kind === 'take' && bucket.take(value, now)) {
            taken += value;
            largest = Math.max(largest, value);
          } else if (kind === 'give' && value <= taken) {
            bucket.give(value, now);
            taken -= value;
          }
          bucket.check();
          expect(taken).toBeLessThanOrEqual((rate * passed) / 1000 + Math.max(0, largest - bucket.capacity) + 0.01);
        }
      }),
    );
  });

  it('can be taken from when it said it could', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.array(fc.integer({ min: 1, max: 65_536 }), { maxLength: 50 }),
        (rate, takes) => {
          const bucket = new TokenBucket(rate, 0);
          let now = 0;
          for (const bytes of takes) {
            now += bucket.readyIn(bytes, now);
            expect(bucket.take(bytes, now)).toBe(true);
          }
        },
      ),
    );
  });
});
