import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LateRequests } from '../../../src/torrent/requests/lateRequests.ts';
import { RequestWindow } from '../../../src/torrent/requests/requestWindow.ts';
import { MAX_WINDOW } from '../../../src/torrent/requests/windowLimits.ts';
import type { WindowRule, WindowView } from '../../../src/torrent/requests/windowRule.ts';

const KEY = 16_384;

/** A window that a rule governs, and a second in which each request is answered. */
const governed = (rule: WindowRule | undefined, most = MAX_WINDOW) => {
  const rules: { rule: WindowRule | undefined } = { rule };
  const window = new RequestWindow(0, most, new LateRequests(), rules);
  let key = 0;
  let time = 0;
  const second = (answers = true): void => {
    const first = key;
    for (let room = window.room; room > 0; room--) window.asked(key++, time);
    if (answers) for (let nth = first; nth < key; nth++) window.take(nth, KEY);
    time += 1000;
    if (window.tick(time)) window.expire(time);
    window.check();
  };
  return { window, rules, second };
};

describe('a window rule', () => {
  it('is a fixed number, whatever the rate, but never more than the peer keeps', () => {
    for (const [rule, most, limit] of [
      [10, 500, 10],
      [10, 4, 4],
      [0, 500, 0],
      [1e9, 500, 500],
      [2.7, 500, 2],
      [-3, 500, 0],
    ] as const) {
      const { window, second } = governed(rule, most);
      for (let n = 0; n < 5; n++) {
        expect(window.limit).toBe(limit);
        second();
      }
    }
  });

  it('is asked each second for each peer, by its rate and age', () => {
    const seen: Pick<WindowView, 'age' | 'rate' | 'received'>[] = [];
    const { second } = governed(({ age, rate, received }) => {
      seen.push({ age, rate, received });
      return 8;
    });
    second();
    second();
    expect(seen).toEqual([
      { age: 0, rate: 0, received: 0 },
      { age: 1000, rate: 8 * KEY, received: 8 },
      { age: 2000, rate: 8 * KEY, received: 16 },
    ]);
  });

  it('asks a peer for nothing while it says 0, and again when it says something else', () => {
    const { window, rules, second } = governed(0);
    second();
    expect([window.inFlight, window.room]).toEqual([0, 0]);
    rules.rule = 6;
    window.obey();
    expect(window.room).toBe(6);
    rules.rule = 0;
    window.obey();
    rules.rule = undefined;
    window.obey();
    expect(window.room).toBeGreaterThan(0);
  });

  it('leaves the rate to say it where it says nothing: NaN and undefined', () => {
    for (const rule of [undefined, Number.NaN, () => undefined]) {
      const [{ window, second }, free] = [governed(rule), governed(undefined)];
      for (let n = 0; n < 6; n++) {
        second();
        free.second();
        expect(window.limit).toBe(free.window.limit);
      }
    }
  });

  it('does not ask a peer that keeps us waiting for more than one block', () => {
    const { window, second } = governed(20);
    second();
    for (let n = 0; n < 20 && !window.snubbed; n++) second(false);
    expect([window.snubbed, window.limit]).toEqual([true, 1]);
    second();
    expect([window.snubbed, window.limit]).toEqual([false, 20]);
  });

  it('keeps the window within its bounds, whatever it says and whenever it changes', () => {
    const rule = fc.oneof(fc.constant(undefined), fc.double(), fc.integer({ min: -5, max: 900 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(rule, fc.boolean())), fc.integer({ min: 1, max: 600 }), (steps, most) => {
        const { window, rules, second } = governed(undefined, most);
        for (const [said, answers] of steps) {
          rules.rule = said;
          window.obey();
          window.check();
          second(answers);
        }
      }),
    );
  });
});
