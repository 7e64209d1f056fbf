import { filter, map, take, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import {
  chokesAfter,
  corrupts,
  drawn,
  DrawnDisk,
  hangsUpAfter,
  honest,
  silent,
  torrentOf,
  type Mark,
  type World,
} from '../index.ts';
import { downloaded, overheard } from './scene.ts';

const a = '10.1.0.1:7000';
const b = '10.1.0.2:7000';
const c = '10.1.0.3:7000';
const four = { torrent: { pieces: 4, blocksPerPiece: 1 } };

describe('a download that is stopped', () => {
  it(
    'asks for nothing more, stores what has come, and completes',
    drawn(
      (stage) => {
        const seed = overheard(stage, honest({ pace: 10 }));
        const there = stage.world({ peers: { [a]: seed.player }, disk: { takes: 4 } });
        stage
          .asks(seed)
          .toBe('                                                           28ms (1234)-------------------(5678)');
        stage.happens(there.disk.written).toBe('                                          48ms 0---------1---------2');
        stage
          .gives(downloaded(stage, there, { order: inOrder, stop$: stage.hot('69ms x') }))
          .toBe('-----------------a-----j 24ms s---------s---------s--------|');
        stage.happens(there.hangups).toBe('                                               69ms a');
        stage.happens(there.announces).toBe('                                             ------------s 56ms x');
      },
      { torrent: { pieces: 8, blocksPerPiece: 1 } },
    ),
  );

  it.each([1, 5, 9, 12, 13, 15, 18])(
    'is stopped for good, and asks no source, also before it has begun: after %i ms',
    (at) => {
      drawn((stage) => {
        const there = stage.world({ peers: { [a]: honest() }, disk: { takes: 4, has: [0, 1] } });
        const said = stage.watch(downloaded(stage, there, { stop$: stage.hot(`${at}ms x`) }));
        stage.gives(timer(99).pipe(map(() => said.at(-1)?.kind))).toBe('99ms (x|)', { x: 'end' });
        stage.happens(there.dials).toBe('');
      }, four)();
    },
  );
});

describe('a download that is unsubscribed', () => {
  const moments = Array.from({ length: 100 }, (_, at) => at);

  it.each(moments)('leaves nothing open after %i ms', (at) => {
    drawn((stage) => {
      const peers = {
        [a]: chokesAfter(1, 20, honest({ pace: 5 })),
        [b]: corrupts([3], honest({ latency: 7, pace: 5 })),
        [c]: silent(),
      };
      const there = stage.world({ peers, disk: { takes: 3 } });
      stage.watch(downloaded(stage, there), `^ ${at}ms !`);
    }, four)();
  });
});

describe('a download of which only the first so many events are taken', () => {
  const counts = Array.from({ length: 24 }, (_, nth) => nth + 1);

  it.each(counts)('leaves nothing open: %i', (count) => {
    drawn((stage) => {
      const peers = {
        [a]: chokesAfter(1, 20, honest({ pace: 5 })),
        [b]: corrupts([3], honest({ latency: 7, pace: 5 })),
        [c]: silent(),
      };
      const there = stage.world({ peers, disk: { takes: 3, has: [0] } });
      const taken = stage.watch(download(stage.torrent, there.env, { target: { folder: '.' } }).pipe(take(count)));
      stage.gives(timer(60_000).pipe(map(() => taken.at(-1)?.kind))).toBe('60s (e|)', { e: 'end' });
    }, four)();
  });
});

describe('a download without any peers left', () => {
  it(
    'ends, too, when the last one has hung up before its lie was found',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: hangsUpAfter(1, corrupts()) }, hashing: 50 });
      const letters: Readonly<Record<string, string>> = { 'peer-joined': 'j', 'peer-left': 'l', corrupt: 'c' };
      const peers = [{ host: '10.1.0.1', port: 7000, source: 'manual' }] as const;
      const told$ = downloaded(stage, there, { trackers: [], peers }).pipe(map(({ type }) => letters[type] ?? type));
      stage.gives(told$).toBe('---------j---------l 39ms ----------(c|)');
    }, four),
  );
});

describe('a download of a part', () => {
  const half = {
    ...torrentOf({ pieces: 4, blocksPerPiece: 1 }),
    files: ['x', 'y'].map((name, nth) => ({
      path: [name],
      length: 32_768,
      offset: nth * 32_768,
      padding: false,
      attributes: '',
    })),
  };

  it(
    'has not completed the torrent, whatever trackers make of that: to them it is paused (BEP 21)',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: honest() } });
        stage.watch(downloaded(stage, there, { select: [[0, 0]], seed: {} }), '^ 31m !');
        const told$ = timer(32 * 60_000).pipe(
          map(() => [
            ...new Set(there.requests.map(({ url }) => `${/event=\w+/.exec(url)?.[0]} ${/left=\d+/.exec(url)?.[0]}`)),
          ]),
        );
        stage
          .gives(told$)
          .toBe('32m (t|)', { t: ['event=started left=32768', 'event=paused left=0', 'event=stopped left=0'] });
      },
      { torrent: half },
    ),
  );

  it(
    'has so much to go as is wanted of it',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: honest({ pace: 4000 }) } });
        const eta$ = download(half, there.env, { target: { folder: '.' }, select: [[0, 0]], order: inOrder }).pipe(
          filter((event) => event.type === 'progress'),
          filter(({ eta = 0 }) => eta > 0),
          map(({ eta = 0, rate }) => Math.round(eta * rate)),
          take(1),
        );
        const marks = stage.watch(eta$);
        stage.gives(timer(60_000).pipe(map(() => marks[0]?.value))).toBe('60s (e|)', { e: 16_384 });
      },
      { torrent: half },
    ),
  );
});

describe('a second run', () => {
  it(
    'asks only for what the first has not stored',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 10 }));
      const disk = new DrawnDisk(stage);
      const [first, second] = [1, 2].map(() => stage.world({ peers: { [a]: seed.player }, disk })) as [World, World];
      stage.gives(downloaded(stage, first, { order: inOrder }), '^ 50ms !').toBe('--------a-----j 21ms s---------s');
      stage
        .gives(downloaded(stage, second, { order: inOrder }), '100ms ^')
        .toBe('103ms e----a-----j 21ms s---------s---(d|)');
      stage.asks(seed).toBe('                                                     -------------------(1234) 94ms (34)');
    }, four),
  );

  it('finishes what was stopped anywhere, and stores no piece twice', () => {
    for (let at = 1; at < 90; at += 2) {
      let disk: DrawnDisk | undefined;
      let runs: readonly (readonly Mark[])[] = [];
      drawn((stage) => {
        disk = new DrawnDisk(stage, { takes: 2 });
        const there = stage.world({ peers: { [a]: honest({ pace: 7 }) }, disk });
        runs = [
          stage.watch(downloaded(stage, there, { stop$: stage.hot(`${at}ms x`) })),
          stage.watch(downloaded(stage, there), '200ms ^'),
        ];
      }, four)();
      expect([at, ...runs.map((marks) => marks.at(-1)?.kind)]).toEqual([at, 'end', 'end']);
      expect([
        at,
        disk?.written
          .map(({ value }) => value)
          .sort()
          .join(''),
      ]).toEqual([at, '0123']);
    }
  });

  it('finishes what was interrupted anywhere, and stores no piece twice', () => {
    for (let at = 1; at < 90; at += 2) {
      let disk: DrawnDisk | undefined;
      let second: readonly Mark[] = [];
      drawn((stage) => {
        disk = new DrawnDisk(stage, { takes: 2 });
        const there = stage.world({ peers: { [a]: honest({ pace: 7 }) }, disk });
        stage.watch(downloaded(stage, there), `^ ${at}ms !`);
        second = stage.watch(downloaded(stage, there), '200ms ^');
      }, four)();
      expect([
        at,
        second.at(-1)?.kind,
        disk?.written
          .map(({ value }) => value)
          .sort()
          .join(''),
      ]).toEqual([at, 'end', '0123']);
    }
  });
});

describe('a download that goes on as a seed', () => {
  it(
    'says that it is done after its last piece, and ends when it has given enough',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: honest() }, disk: { takes: 4 } });
        const letters: Readonly<Record<string, string>> = { stored: 's', done: 'd', seeded: 'e' };
        const told$ = downloaded(stage, there, { seed: { time: 1_000 } }).pipe(
          map(({ type }) => letters[type] ?? ''),
          filter((letter) => letter !== ''),
        );
        stage.gives(told$).toBe('38ms (ss)d 1969ms e-----------|');
      },
      { torrent: { pieces: 2, blocksPerPiece: 1 } },
    ),
  );

  it(
    'hangs up on other seeds half a minute later: neither has anything for the other',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { [a]: honest({ pace: 10 }) } });
        stage.watch(downloaded(stage, there, { seed: {} }), '^ 1m !');
        stage.happens(there.hangups).toBe('30014ms a');
      },
      { torrent: { pieces: 2, blocksPerPiece: 1 } },
    ),
  );
});
