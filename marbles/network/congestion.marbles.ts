import { ignoreElements, interval, map, type Observable, take, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn, type Stage } from '../index.ts';
import { seeded } from '../random.ts';
import { CongestionWindow, onLine } from './congestion.ts';

const MEGABYTE = 1_000_000;

/** Sends as much as the window permits for some seconds, over a line of 10 MB/s; emits the bytes of each second. */
const sending = (window: CongestionWindow, trip: number, rate = 10 * MEGABYTE): Observable<number> => {
  let [busy, sent, before] = [0, 0, 0];
  return interval(1).pipe(
    tap((at) => {
      for (let room = window.room(); room > 0 && busy <= at; room = window.room()) {
        const size = Math.min(16_384, room);
        busy = Math.max(at, busy) + (size * 1000) / rate;
        window.sent(size, { wait: busy - at + trip / 2, behind: 0, queue: 200 });
        sent += size;
        window.check();
      }
    }),
    map((at) => {
      if (at % 1000 !== 999) return -1;
      const since = sent - before;
      before = sent;
      return since;
    }),
  );
};

const secondsOf = (stage: Stage, window: CongestionWindow, trip: number, seconds: number): readonly number[] => {
  const all: number[] = [];
  stage.watch(
    sending(window, trip).pipe(
      take(seconds * 1000),
      tap((bytes) => bytes >= 0 && all.push(bytes)),
      ignoreElements(),
    ),
  );
  return all;
};

const atTheEnd = (stage: Stage, seconds: number, act: () => void): void =>
  void stage.watch(timer(seconds * 1000 + 10).pipe(tap(act)));

describe('a congestion window', () => {
  it(
    'doubles with each trip until the line is full',
    drawn((stage) => {
      const window = new CongestionWindow(100, 0, seeded(1));
      const sizes: number[] = [];
      stage.watch(
        interval(100).pipe(
          take(5),
          tap(() => sizes.push(Math.round(window.size / 14_480))),
        ),
      );
      const seconds = secondsOf(stage, window, 100, 3);
      atTheEnd(stage, 3, () => {
        expect(sizes.slice(0, 4)).toEqual([1, 2, 4, 8]);
        expect(seconds[2]).toBeGreaterThan(9 * MEGABYTE);
      });
    }),
  );

  it(
    'of BBR fills the line in spite of losses, and has no more than twice of that under way',
    drawn((stage) => {
      const window = new CongestionWindow(100, 0.003, seeded(5), 'bbr');
      const seconds = secondsOf(stage, window, 100, 10);
      atTheEnd(stage, 10, () => {
        expect(Math.min(...seconds.slice(3))).toBeGreaterThan(9.5 * MEGABYTE);
        expect(window.size).toBeLessThan(2.5 * MEGABYTE);
      });
    }),
  );

  it(
    'sends nothing more after a loss than its buffer holds, until what was lost has come',
    drawn((stage) => {
      const nothingIsLost = (): number => 0.5;
      const nextIsLost = [1];
      const window = new CongestionWindow(1_000, 0.001, () => nextIsLost.pop() ?? nothingIsLost(), 'bbr');
      // Every segment arrives at once, but all wait for the first one, which comes a way there and back later.
      const sends = (at: number): number => {
        let sent = 0;
        for (let room = window.room(); room > 0 && at < 1_400; room = window.room()) {
          window.sent(Math.min(16_384, room), { wait: 500, behind: 0, queue: 200 });
          sent += Math.min(16_384, room);
        }
        return sent;
      };
      let sent = 0;
      stage.watch(
        interval(10).pipe(
          take(300),
          tap((nth) => {
            sent += sends(10 * nth);
            window.check();
          }),
          ignoreElements(),
        ),
      );
      atTheEnd(stage, 3, () => {
        expect(sent).toBeLessThanOrEqual(2_800_000 + 1448);
        expect(window.room()).toBe(window.size);
      });
    }),
  );

  it('shares the line with the headers of its packets', () => {
    expect(onLine(1)).toBe(53);
    expect(onLine(1448)).toBe(1500);
    expect(onLine(1449)).toBe(1449 + 2 * 52);
  });

  it(
    'gives less the more packets are lost, and the longer the way is',
    drawn((stage) => {
      const meanOf = (loss: number, trip: number) =>
        secondsOf(stage, new CongestionWindow(trip, loss, seeded(3)), trip, 20);
      const runs = [meanOf(0, 100), meanOf(0.001, 100), meanOf(0.01, 100), meanOf(0.01, 300)];
      atTheEnd(stage, 20, () => {
        const means = runs.map((seconds) => seconds.slice(5).reduce((sum, bytes) => sum + bytes, 0) / 15);
        expect(means[0]).toBeGreaterThan(9.9 * MEGABYTE);
        expect(means).toEqual([...means].sort((a, b) => b - a));
        // What CUBIC is said to reach with this loss and this way, within a factor of two: 1.17 packets / trip …
        const cubic = (loss: number, trip: number) => (1448 * 1.17 * (trip / 10 / loss ** 3) ** 0.25) / trip;
        expect(means[1]).toBeGreaterThan(0.5 * cubic(0.001, 0.1));
        expect(means[1]).toBeLessThan(2 * cubic(0.001, 0.1));
      });
    }),
  );
});
