import { defer, delay, map, mergeMap, of, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { announced, drawn, honest, type Mark, type World } from '../index.ts';
import { downloaded, present } from './scene.ts';

const a = '10.1.0.1:7000';
const b = '10.1.0.2:7000';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const gone = timer(5).pipe(mergeMap(() => throwError(() => new NetworkError('refused', 'there', 'gone'))));
const answer = (...peers: readonly string[]) => of(announced(peers)).pipe(delay(5));

describe('trackers', () => {
  it(
    'that are down are passed over for those of the next tier, which get all announces',
    drawn((stage) => {
      const there = stage.world({
        peers: { [a]: honest({ pace: 1 }) },
        tracker: ({ url }) => (url.startsWith('http://two.test/') ? answer(a) : gone),
      });
      const hosts$ = timer(99).pipe(
        map(() => there.requests.map(({ url }) => new URL(url).hostname.replace('.test', ''))),
      );
      const trackers = [['http://one.test/announce'], ['http://two.test/announce']];
      stage.happens(there.announces).toBe('                     ---s----s 26ms c----x');
      stage.gives(downloaded(stage, there, { trackers })).toBe('--------w----a-----j-------------s-s---(d|)');
      stage.gives(hosts$).toBe('                                99ms (h|)', { h: ['one', 'two', 'two', 'two'] });
    }),
  );
});

describe('four hours of a dying swarm', () => {
  it('end well: every named peer is dialled, and again when it is named hours after it died', () => {
    let there: World | undefined;
    let tidings: readonly Mark[] = [];
    drawn(
      (stage) => {
        const named = (now: number): readonly string[] => (now < HOUR ? [a] : now < 3 * HOUR ? [a, b] : [a]);
        there = stage.world({
          peers: {
            // Each gives what it has, slowly, and dies. The first comes back in the fourth hour, with all of it.
            [a]: (heard$, cast) =>
              defer(() =>
                stage.now() < HOUR
                  ? present(stage, 0, 10 * MINUTE, honest({ has: [0, 1, 2] }))(heard$, cast)
                  : present(stage, 3.5 * HOUR, 5 * HOUR, honest())(heard$, cast),
              ),
            [b]: present(stage, 1.2 * HOUR, 2 * HOUR, honest({ has: [2, 3, 4, 5] })),
          },
          tracker: () => (stage.now() > 2.2 * HOUR && stage.now() < 2.9 * HOUR ? gone : answer(...named(stage.now()))),
        });
        tidings = stage.watch(downloaded(stage, there), '^ 300m !');
      },
      { torrent: { pieces: 8, blocksPerPiece: 1 } },
    )();
    const stored = tidings.filter(({ value }) => (value as DownloadEvent | undefined)?.type === 'stored');
    expect(stored.map(({ frame }) => Math.floor(frame / HOUR))).toEqual([0, 0, 0, 1, 1, 1, 3, 3]);
    expect(tidings.at(-1)?.kind).toBe('end');
    const dialled = (who: string): readonly number[] =>
      there?.dials.filter(({ value }) => value === who).map(({ frame }) => frame) ?? [];
    expect(dialled('b').every((at) => at >= HOUR)).toBe(true);
    expect([0, 1, 2, 3].map((hour) => dialled('a').some((at) => Math.floor(at / HOUR) === hour))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(there?.dials.length).toBeLessThan(75);
    expect(there?.announces.map(({ value }) => value).join('')).toMatch(/^su{10,40}cx$/);
  });
});
