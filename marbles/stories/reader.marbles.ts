import { concat, filter, NEVER, type Observable, of, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { streamStorage } from '../../src/disk/files/streamStorage.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { rarestFirst } from '../../src/torrent/picker/pieceOrder.ts';
import { corrupts, drawn, honest, type Mark, type Stage, stallsAfter, type World } from '../index.ts';
import { overheard } from './scene.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];
const small = { torrent: { pieces: 6, blocksPerPiece: 1 } };
const piece = 16_384;

/** The reader of a pipe, which has each piece so many milliseconds after it was written. */
const reader = (stage: Stage, takes: (piece: number) => number) => {
  const read: Mark[] = [];
  let next = 0;
  const sink = (): Observable<unknown> =>
    timer(takes(next)).pipe(tap(() => read.push({ frame: stage.now(), kind: 'value', value: String(next++) })));
  return { read, storage: streamStorage(stage.torrent, 0, sink) };
};

/** What becomes of a download into a pipe: peers, pieces and its end. */
const piped = (
  { torrent }: Stage,
  { env }: World,
  { storage }: ReturnType<typeof reader>,
  options: Partial<DownloadOptions> = {},
) =>
  download(
    torrent,
    { ...env, openStorage: () => concat(of(storage), NEVER) },
    { target: { folder: '.' }, order: rarestFirst, ...options },
  ).pipe(filter(({ type }) => type !== 'progress' && type !== 'tracker' && type !== 'funnel'));

describe('a reader', () => {
  it(
    'that is slow closes the windows, and has the pieces in order',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 3 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const slow = reader(stage, () => 20);
      stage.asks(seed).toBe('----------------(12) 25ms 3-------------------4-------------------5-------------------6');
      stage
        .happens(slow.read)
        .toBe(
          '45ms 0-------------------1-------------------2-------------------3-------------------4-------------------5',
        );
      stage
        .gives(piped(stage, there, slow, { memory: 2 * piece }))
        .toBe(
          '-----a-----j 33ms s-------------------s-------------------s-------------------s-------------------s-------------------(sd|)',
        );
    }, small),
  );

  it(
    'that pauses is waited for: nothing is requested meanwhile, and no peer is at fault',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 3 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const pausing = reader(stage, (at) => (at === 1 ? 100_000 : 1));
      stage.asks(seed).toBe('----------------(123)-----4 100001ms 56');
      stage.happens(pausing.read).toBe('26ms 0 100001ms 123-------4--5');
      stage
        .gives(piped(stage, there, pausing, { memory: 3 * piece }))
        .toBe('-----a-----j--------------s 60239ms a 39761ms sss-------s--(sd|)');
    }, small),
  );

  it(
    'gets nothing past a late piece: as much of the rest is fetched as memory has room for, and no peer is told of it',
    drawn((stage) => {
      const early = overheard(stage, honest({ pace: 3, has: [0, 2, 3, 4, 5] }));
      const late = overheard(stage, honest({ pace: 3, latency: 40 }));
      const there = stage.world({ peers: { [a]: early.player, [b]: late.player } });
      const quick = reader(stage, () => 1);
      stage.asks(early).toBe('----------------(134)-----5 104ms 6');
      stage.sends(early).toBe('------h----I----(RRR)-----R 104ms R');
      stage.asks(late).toBe('86ms 2 44ms 6');
      stage.happens(quick.read).toBe('26ms 0 104ms 1234------5');
      stage
        .gives(piped(stage, there, quick, { memory: 4 * piece }))
        .toBe('-----a-----j--------------s-------------------j 84ms ssss------(sd|)');
    }, small),
  );

  it(
    'never sees a corrupt piece: it is fetched from another, while all behind it waits',
    drawn((stage) => {
      const liar = overheard(stage, corrupts([3], honest({ pace: 3 })));
      const good = overheard(stage, honest({ pace: 3, latency: 40 }));
      const there = stage.world({ peers: { [a]: liar.player, [b]: good.player } });
      const quick = reader(stage, () => 1);
      stage.asks(liar).toBe('----------------(1234)-----5-6');
      stage.asks(good).toBe('86ms (3456)');
      stage.happens(quick.read).toBe('26ms 0--1 101ms 2--3--4--5');
      stage
        .gives(piped(stage, there, quick, { memory: 4 * piece }))
        .toBe('-----a-----j--------------s--s-(lc)-----------j 84ms s--s--s--(sd|)');
    }, small),
  );

  it(
    'waits for three seconds at most for a peer that gives nothing of what is next',
    drawn(
      (stage) => {
        const dead = overheard(stage, stallsAfter(0));
        const good = overheard(stage, honest({ pace: 250, latency: 40 }));
        const there = stage.world({ peers: { [a]: dead.player, [b]: good.player } });
        const quick = reader(stage, () => 1);
        stage.asks(dead).toBe('----------------(1234)');
        stage.asks(good).toBe('86ms (5678) 534ms 9 749ms (1234)');
        stage.happens(quick.read).toBe('1668ms 0 249ms 1 249ms 2 249ms 345678');
        stage.gives(piped(stage, there, quick)).toBe('-----a-----j 34ms j 1621ms s 249ms s 249ms s 249ms sssss(sd|)');
      },
      { torrent: { pieces: 9, blocksPerPiece: 1 } },
    ),
  );
});
