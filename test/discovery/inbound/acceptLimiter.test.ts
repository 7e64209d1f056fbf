import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AcceptLimiter,
  CALL_BURST_PER_HOST,
  CALL_RATE,
  MAX_CALLERS,
} from '../../../src/discovery/inbound/acceptLimiter.ts';

const host = (n: number): string => `8.8.${n >> 8}.${n & 255}`;

describe('who is let in', () => {
  it('is a host of which a hundred calls are saved up, and whoever calls from elsewhere', () => {
    const limiter = new AcceptLimiter();
    const admitted = Array.from({ length: CALL_BURST_PER_HOST + 50 }, () => limiter.admits(host(1), 0));
    expect(admitted.filter(Boolean)).toHaveLength(CALL_BURST_PER_HOST);
    expect(limiter.admits(host(2), 0)).toBe(true);
    limiter.check();
  });

  it('is one address for a whole /64', () => {
    const limiter = new AcceptLimiter();
    for (let n = 0; n < CALL_BURST_PER_HOST; n++) limiter.admits(`2001:db8::${n.toString(16)}`, 0);
    expect([limiter.admits('2001:db8::ffff', 0), limiter.remembered]).toEqual([false, 1]);
  });

  it('never are more than the rate of all, nor are more hosts remembered than may be', () => {
    const calls = fc.array(fc.record({ from: fc.nat(2 * MAX_CALLERS), pause: fc.nat(20) }), { maxLength: 3_000 });
    fc.assert(
      fc.property(calls, (all) => {
        const limiter = new AcceptLimiter();
        let [now, admitted] = [0, 0];
        for (const { from, pause } of all) {
          now += pause;
          if (limiter.admits(host(from), now)) admitted++;
        }
        limiter.check();
        expect(admitted).toBeLessThanOrEqual(2 * CALL_RATE + Math.ceil((now * CALL_RATE) / 1000));
      }),
      { numRuns: 30 },
    );
    const limiter = new AcceptLimiter();
    for (let n = 0; n < 2 * MAX_CALLERS; n++) limiter.admits(host(n), 10 * n);
    expect(limiter.remembered).toBe(MAX_CALLERS);
    limiter.check();
  });
});
