import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../../../src/torrent/geometry.ts';
import { RequestWindow } from '../../../src/torrent/requests/requestWindow.ts';
import { MAX_WINDOW, MIN_WINDOW } from '../../../src/torrent/requests/windowLimits.ts';
import { Line } from '../requestLine.ts';

describe('how many requests are in flight', () => {
  it('doubles with each window that has come, as long as each second brings more', () => {
    const line = new Line();
    const limits: number[] = [];
    for (let round = 0; round < 6; round++) {
      limits.push(line.window.limit);
      line.give(line.ask());
    }
    expect(limits).toEqual([4, 8, 16, 32, 64, 128]);
  });

  it('does not grow further when blocks begin to wait for each other', () => {
    const { window } = new Line();
    for (let key = 0; key < 4; key++) window.asked(key, 0);
    for (const [key, now] of [
      [0, 100],
      [1, 200],
      [2, 301],
      [3, 400],
    ] as const) {
      window.take(key, BLOCK);
      window.heard(now);
    }
    expect(window.limit).toBe(4 + 3);
  });

  it('follows the rate while it grows, though blocks have begun to wait for each other', () => {
    const { window } = new Line();
    for (let key = 0; key < 4; key++) window.asked(key, 0);
    const comes = (keys: readonly number[], now: number): void => {
      for (const key of keys) window.take(key, BLOCK);
      window.heard(now);
    };
    comes([0, 1], 100);
    comes([2, 3], 400);
    expect(window.limit).toBe(4 + 4);
    const blocks = (from: number, count: number): number[] => Array.from({ length: count }, (_, nth) => from + nth);
    for (const [second, count] of [20, 60, 180].entries()) {
      const keys = blocks(1_000 * (second + 1), count);
      for (const key of keys) window.asked(key, 1_000 * (second + 1));
      comes(keys, 1_000 * (second + 1) + 100);
      window.tick(1_000 * (second + 2));
    }
    expect(window.limit).toBeGreaterThan(180);
  });

  it('is three seconds of what they send, once a second brings no more than the one before', () => {
    const line = new Line();
    for (let n = 0; n < 8; n++) line.second(20);
    expect(line.window.rate).toBeCloseTo(20 * BLOCK, -3);
    expect(line.window.limit).toBe(60);
    for (let n = 0; n < 20; n++) line.second(5);
    expect(line.window.limit).toBe(15 + 1);
  });

  it('is never below two nor above five hundred', () => {
    const slow = new Line();
    for (let n = 0; n < 5; n++) slow.second(1, 10);
    expect(slow.window.limit).toBe(MIN_WINDOW);
    const fast = new Line();
    for (let n = 0; n < 12; n++) fast.second(5000);
    expect(fast.window.limit).toBe(MAX_WINDOW);
    expect([MIN_WINDOW, MAX_WINDOW]).toEqual([2, 500]);
  });

  it.each([
    [1, 1],
    [0, 1],
    [-5, 1],
    [250, 250],
    [1e9, MAX_WINDOW],
  ])('is not more than they say they take: of %i, %i', (reqq, most) => {
    const line = new Line(0, reqq);
    for (let n = 0; n < 12; n++) line.second(3000);
    expect(line.window.limit).toBe(most);
  });

  it('is made up in batches: no room until half the window is free', () => {
    const line = new Line();
    expect(line.window.room).toBe(4);
    line.ask(3);
    expect(line.window.room).toBe(0);
    line.give(1);
    expect([line.window.limit, line.window.inFlight, line.window.room]).toEqual([5, 2, 3]);
  });

  it('stays as it is while nothing is asked of them', () => {
    const line = new Line();
    for (let n = 0; n < 8; n++) line.second(20);
    const { limit } = line.window;
    line.window.drain();
    for (let n = 0; n < 60; n++) {
      line.now += 1000;
      expect(line.window.tick(line.now)).toBe(false);
    }
    expect(line.window.limit).toBe(limit);
  });
});

describe('how long a block is waited for', () => {
  it('is ten seconds while nothing is known', () => {
    const line = new Line();
    expect(line.window.patience).toBe(10_000);
    const waits = Array.from({ length: 11 }, () => line.second(0));
    expect(waits.indexOf(true)).toBe(10);
  });

  it('is the mean and four deviations of the gaps, two seconds at the least', () => {
    const line = new Line();
    for (let n = 0; n < 30; n++) line.second(4);
    expect(line.window.patience).toBe(2000);
    const uneven = new Line();
    for (let n = 0; n < 400; n++) uneven.second(n % 6 === 0 ? 1 : 0);
    expect(uneven.window.patience).toBeGreaterThan(5900);
    expect(uneven.window.patience).toBeLessThan(6500);
  });

  it('is sixteen seconds at the most, so that with the ticks it is never more than twenty', () => {
    const line = new Line();
    for (let n = 0; n < 200; n++) line.second(n % 40 < 1 ? 1 : 0);
    expect(line.window.patience).toBe(16_000);
  });

  it('does not count the time before it was asked for', () => {
    const line = new Line();
    line.second(4);
    line.window.drain();
    line.now += 100_000;
    line.window.tick(line.now);
    line.ask();
    expect(line.second(0)).toBe(false);
    expect(line.window.waited(line.now)).toBe(1000);
  });
});

describe('a peer that keeps us waiting', () => {
  const snubbed = (): Line => {
    const line = new Line();
    for (let n = 0; n < 8; n++) line.second(20);
    while (!line.second(0));
    return line;
  };

  it('is asked for one block at a time, after all that was in flight is given back', () => {
    const line = snubbed();
    const asked = line.window.inFlight;
    expect(line.window.expire(line.now)).toHaveLength(asked);
    expect([line.window.inFlight, line.window.limit, line.window.room, line.window.snubbed]).toEqual([0, 1, 1, true]);
    line.ask();
    expect(line.window.room).toBe(0);
    expect(line.second(0)).toBe(false);
    expect([line.window.limit, line.window.snubbed]).toEqual([1, true]);
  });

  it('recovers with what it sends then', () => {
    const line = snubbed();
    line.window.expire(line.now);
    line.second(20);
    expect(line.window.snubbed).toBe(false);
    for (let n = 0; n < 8; n++) line.second(20);
    expect(line.window.limit).toBe(60);
  });
});

describe('a block that comes', () => {
  it('is expected, late or unexpected', () => {
    const window = new RequestWindow(0);
    for (const key of [1, 2, 3]) window.asked(key, 0);
    window.forget(2);
    expect([
      window.take(1, BLOCK),
      window.take(2, BLOCK),
      window.take(2, BLOCK),
      window.take(1, BLOCK),
      window.take(9, BLOCK),
    ]).toEqual(['expected', 'late', 'unexpected', 'unexpected', 'unexpected']);
    expect([window.received, window.inFlight, window.has(3)]).toEqual([2, 1, true]);
  });

  it('may come twice if it was asked for twice', () => {
    const window = new RequestWindow(0);
    window.asked(1, 0);
    window.expire(10_000);
    window.asked(1, 10_000);
    expect([window.take(1, BLOCK), window.take(1, BLOCK), window.take(1, BLOCK)]).toEqual([
      'expected',
      'late',
      'unexpected',
    ]);
  });

  it('may cross a reject once, or a choke', () => {
    const window = new RequestWindow(0);
    for (const key of [1, 2, 3]) window.asked(key, 0);
    window.forget(2);
    expect([window.rejected(1), window.rejected(2), window.rejected(2), window.rejected(7)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(window.drain()).toEqual([3]);
    expect([1, 2, 3, 3].map((key) => window.take(key, BLOCK))).toEqual(['late', 'unexpected', 'late', 'unexpected']);
  });

  it('is remembered as late for a thousand others', () => {
    const window = new RequestWindow(0);
    for (let key = 0; key <= 2 * MAX_WINDOW; key++) {
      window.asked(key, 0);
      window.forget(key);
    }
    window.check();
    expect([window.take(0, BLOCK), window.take(1, BLOCK)]).toEqual(['unexpected', 'late']);
  });

  it('never breaks the window, whatever comes when', () => {
    const event = fc.record({
      type: fc.constantFrom('asked', 'asked', 'take', 'take', 'forget', 'rejected', 'tick', 'expire', 'drain'),
      key: fc.nat(30),
      later: fc.nat(5000),
      bytes: fc.nat(BLOCK),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.integer({ min: 1, max: 600 }), (events, most) => {
        const window = new RequestWindow(0, most);
        let now = 0;
        for (const { type, key, later, bytes } of events) {
          now += later;
          if (type === 'asked') window.asked(key, now);
          else if (type === 'take') window.take(key, bytes);
          else if (type === 'tick') window.tick(now);
          else if (type === 'expire') window.expire(now);
          else if (type === 'drain') window.drain();
          else window[type](key);
          window.check();
          expect(window.patience).toBeGreaterThanOrEqual(2000);
          expect(window.patience).toBeLessThanOrEqual(16_000);
          expect(Number.isFinite(window.rate)).toBe(true);
        }
      }),
    );
  });
});
