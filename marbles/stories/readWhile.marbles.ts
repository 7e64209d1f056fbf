import {
  concat,
  endWith,
  filter,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  scan,
  switchMap,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InputError, StorageError } from '../../src/contracts/errors.ts';
import { openDownload } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Download } from '../../src/download/running/runningDownload.ts';
import { rarestFirst } from '../../src/torrent/picker/pieceOrder.ts';
import { corrupts, drawn, DrawnDisk, honest, overheard, pieceBytes, type Stage, type World } from '../index.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];
const eight = { torrent: { pieces: 8, blocksPerPiece: 1 } };
const piece = 16_384;

/** A download, and what is done with it. */
const opened = <T>(
  { torrent }: Stage,
  { env }: World,
  use: (download: Download) => Observable<T>,
  options: Partial<DownloadOptions> = {},
): Observable<T> =>
  openDownload(torrent, env, { target: { folder: '.' }, order: rarestFirst, ...options }).pipe(switchMap(use));

/** Each chunk by the number of its piece, if its bytes are right from the `begin`th of the piece on. */
const shown = ({ geometry }: Stage, first = 0, begin = 0) =>
  scan(
    ({ at }, bytes: Uint8Array) => {
      const skipped = at === 0 ? begin : 0;
      const right = pieceBytes(geometry, first + at).subarray(skipped, skipped + bytes.length);
      expect(Buffer.compare(bytes, right)).toBe(0);
      return { at: at + 1, told: String(first + at) };
    },
    { at: 0, told: '' },
  );
const read = (stage: Stage, at: Download, first = 0, last = 7): Observable<string> =>
  at.read(0, { start: first * piece, end: Math.min((last + 1) * piece, stage.torrent.length) }).pipe(
    shown(stage, first),
    map(({ told }) => told),
  );

describe('a file that is read while it is downloaded', () => {
  it(
    'comes in its order, its next piece asked for first, whatever the order is',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 3 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      stage.asks(seed).toBe('-------------------(1234)-----5-6--7--8');
      stage
        .gives(opened(stage, there, (it) => read(stage, it), { memory: 4 * piece }))
        .toBe('31ms 0--1--2--3--4--5--6--7-|');
    }, eight),
  );

  it(
    'is not held up by a slow peer: others are asked for what it owes',
    drawn((stage) => {
      const slow = overheard(stage, honest({ pace: 40_000 }));
      const quick = overheard(stage, honest({ pace: 3, latency: 40 }));
      const there = stage.world({ peers: { [a]: slow.player, [b]: quick.player } });
      stage.asks(slow).toBe('-------------------(1234)');
      stage.gives(opened(stage, there, (it) => read(stage, it))).toBe('188ms 0--1--2--3-4-5-6-(7|)');
    }, eight),
  );

  it(
    'may be read from somewhere else at any time: what is needed there comes first',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 20 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const seeks = (it: Download) =>
        concat(read(stage, it).pipe(take(2)), read(stage, it, 6).pipe(take(2)), read(stage, it, 2, 5));
      stage
        .asks(seed)
        .toBe(
          '-------------------(12) 23ms 3-------------------4-------------------7-------------------8-------------------6-------------------5',
        );
      stage
        .gives(opened(stage, there, seeks, { memory: 2 * piece }))
        .toBe('48ms 0-------------------1 59ms 6-------------------7-2-3 35ms 4-(5|)');
    }, eight),
  );

  it(
    'is there at once as far as earlier runs have stored it',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 3 }));
      const there = stage.world({ peers: { [a]: seed.player }, disk: { has: [0, 1, 2, 4] } });
      stage.asks(seed).toBe('23ms (4678)');
      stage
        .gives(opened(stage, there, (it) => read(stage, it)))
        .toBe('---------0-1-2---------------------3-4-5-6--7-|');
    }, eight),
  );

  it(
    'waits for whoever takes it, piece by piece',
    drawn((stage) => {
      const there = stage.world({ disk: { has: [0, 1, 2, 3, 4, 5, 6, 7] } });
      let asked = 0;
      const slowly = (it: Download) =>
        it.read(0, { start: 0, end: 3 * piece, ready: () => timer(10 * asked++) }).pipe(
          shown(stage),
          map(({ told }) => told),
        );
      stage.gives(opened(stage, there, slowly)).toBe('8ms 0 11ms 1 21ms (2|)');
    }, eight),
  );

  it(
    'is read to its end before the files are closed, also if all of it is there',
    drawn((stage) => {
      const there = stage.world({ disk: { has: [0, 1, 2, 3, 4, 5, 6, 7], takes: 5 } });
      stage
        .gives(
          opened(stage, there, (it) =>
            merge(read(stage, it), it.events$.pipe(ignoreElements(), endWith('end of all'))),
          ),
        )
        .toBe('28ms 0-----1-----2-----3-----4-----5-----6-----(7e|)', { e: 'end of all' });
    }, eight),
  );

  it(
    'needs nothing any more when it is unsubscribed',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 20 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const looks = (it: Download) => concat(read(stage, it, 4).pipe(takeUntil(timer(60))), NEVER);
      stage
        .asks(seed)
        .toBe(
          '-------------------(56) 23ms 7-------------------1-------------------2-------------------3-------------------4-------------------8',
        );
      stage
        .gives(opened(stage, there, looks, { memory: 2 * piece, order: (x, y) => x.index - y.index }))
        .toBe('48ms 4');
    }, eight),
  );

  it(
    'never shows a byte that is wrong',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: corrupts([0, 1]), [b]: honest({ latency: 40 }) } });
      stage.gives(opened(stage, there, (it) => read(stage, it))).toBe('133ms 0-1-2-3-4-5-6 27ms 7-|');
    }, eight),
  );

  it(
    'is fetched again where another program has spoilt it since it was stored',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      const seed = overheard(stage, honest({ pace: 3 }));
      const there = stage.world({ disk, peers: { [a]: seed.player } });
      // The second and the fourth piece, after they have been verified and written.
      const spoils$ = timer(60).pipe(
        tap(() => disk.bytes.fill(0xee, piece, 2 * piece).fill(0xee, 3 * piece, 4 * piece)),
        ignoreElements(),
      );
      const looks = (it: Download) =>
        merge(
          spoils$,
          timer(70).pipe(switchMap(() => read(stage, it))),
          it.events$.pipe(
            filter(({ type }) => type === 'warning'),
            map(() => 'w'),
          ),
        ).pipe(takeUntil(timer(200)));
      stage.asks(seed).toBe('-------------------(6143)-----(7258) 38ms 2---------------4');
      stage.gives(opened(stage, there, looks, { seed: {} })).toBe('72ms 0-w-----------1-2-w-----------3-4-5-6-7');
    }, eight),
  );

  it(
    'says so where it is spoilt and nothing is fetched',
    drawn((stage) => {
      const disk = new DrawnDisk(stage, { has: [0, 1, 2, 3, 4, 5, 6, 7] });
      const there = stage.world({ disk, peers: {} });
      const looks = (it: Download) =>
        timer(70).pipe(
          tap(() => disk.bytes.fill(0xee, piece, 2 * piece)),
          switchMap(() => read(stage, it)),
        );
      const damaged = new StorageError('missing', 'drawn: piece 1 is damaged on disk: download it again');
      stage.gives(opened(stage, there, looks, { seed: { only: true } })).toBe('72ms 0-#', {}, damaged);
    }, eight),
  );

  it.each([
    ['nothing', 5, 5, '35ms |', undefined],
    ['across a border of pieces', 100, piece + 7, '28ms 0-1----|', undefined],
    ['bytes that there are not', -1, 5, '---#', 'file has no bytes -1 to 5: expected a range within 131072'],
    [
      'what is behind its end',
      0,
      8 * piece + 1,
      '---#',
      'file has no bytes 0 to 131073: expected a range within 131072',
    ],
  ])('has ranges: %s', (_, start, end, gives, why) => {
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest() } });
      const some = (it: Download) =>
        it.read(0, { start, end }).pipe(
          shown(stage, 0, start),
          map(({ told }) => told),
        );
      stage.gives(opened(stage, there, some)).toBe(gives, {}, why && new InputError('bad-option', why));
    }, eight)();
  });

  it(
    'that ends before all is there says so',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ has: [0, 2] }) } });
      const ended = new StorageError('missing', 'drawn: the download has ended before these bytes were stored');
      stage
        .gives(opened(stage, there, (it) => read(stage, it), { stop$: timer(100) }))
        .toBe('28ms 0 71ms #', {}, ended);
    }, eight),
  );
});
