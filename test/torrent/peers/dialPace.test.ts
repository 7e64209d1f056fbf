import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DialPace } from '../../../src/torrent/peers/dialPace.ts';

describe('the pace of dialling', () => {
  it('saves up a second’s dials, and says how long the next one has to wait', () => {
    const pace = new DialPace(2);
    const dialled = (now: number): number => {
      let count = 0;
      for (; pace.mayDial(now); count++) pace.dial();
      return count;
    };
    expect([dialled(0), pace.wait]).toEqual([2, 500]);
    expect([dialled(499), Math.round(pace.wait)]).toEqual([0, 1]);
    expect(dialled(501)).toBe(1);
    expect(dialled(60_000)).toBe(2);
  });

  it('never lets more pass than its rate and what was saved up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(3_000), { maxLength: 50 }), (rate, pauses) => {
        const pace = new DialPace(rate);
        let [now, dials] = [0, 0];
        for (const pause of pauses) {
          now += pause;
          for (; pace.mayDial(now); dials++) pace.dial();
          pace.check();
          expect(dials).toBeLessThanOrEqual(rate + Math.ceil((now * rate) / 1000));
          if (pace.wait > 0) expect(pace.wait).toBeLessThanOrEqual(1_000 / rate);
        }
      }),
    );
  });
});
