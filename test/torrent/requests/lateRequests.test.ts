import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LateRequests, MAX_LATE } from '../../../src/torrent/requests/lateRequests.ts';
import { Offences } from '../../../src/torrent/requests/offences.ts';

describe('requests that are no longer waited for', () => {
  it('are answered as often as they were given up, and no more', () => {
    const step = fc.record({ gives: fc.boolean(), key: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const late = new LateRequests();
        const model = new Map<number, number>();
        for (const { gives, key } of steps) {
          const times = model.get(key) ?? 0;
          if (gives) late.add(key);
          else expect(late.take(key)).toBe(times > 0);
          model.set(key, Math.max(0, times + (gives ? 1 : -1)));
          late.check();
        }
        expect(late.size).toBe([...model.values()].reduce((sum, times) => sum + times, 0));
      }),
    );
  });

  it(`are remembered if they are among the last ${MAX_LATE}, however often one was given up`, () => {
    const late = new LateRequests();
    for (const key of [1, 1, 2]) late.add(key);
    for (let key = 10; key < 10 + MAX_LATE - 2; key++) late.add(key);
    late.check();
    expect([late.take(1), late.take(2), late.take(10)]).toEqual([false, true, true]);
  });
});

describe('offences', () => {
  it('are one too many when so many come at one time, and not when they are rare', () => {
    const burst = new Offences(10, 30_000);
    expect(Array.from({ length: 10 }, () => burst.add(5_000)).indexOf(true)).toBe(9);
    const rare = new Offences(10, 30_000);
    expect(Array.from({ length: 1000 }, (_, n) => rare.add(n * 30_000)).includes(true)).toBe(false);
  });

  it('that come slowly are so many all the same, if they come faster than they are forgiven', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (every) => {
        const offences = new Offences(10, 30_000);
        expect(Array.from({ length: 40 }, (_, n) => offences.add(n * every)).includes(true)).toBe(true);
      }),
    );
  });

  it('are not forgiven by a clock that is set back', () => {
    const offences = new Offences(3, 1_000);
    expect([9_000, 0, 9_001].map((now) => offences.add(now))).toEqual([false, false, true]);
    offences.check();
  });
});
