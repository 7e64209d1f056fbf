import { concat, map, merge, NEVER, type Observable, switchMap, take, takeUntil, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { openDownload } from '../../src/download/download.ts';
import type { Download } from '../../src/download/running/runningDownload.ts';
import { firstBy, inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { drawn, honest, overheard, type Stage, type World } from '../index.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];
const nine = { torrent: { pieces: 9, blocksPerPiece: 1 } };
const BLOCK = 16_384;

const opened = <T>({ torrent }: Stage, { env }: World, use: (film: Download) => Observable<T>): Observable<T> =>
  openDownload(torrent, env, { target: { folder: '.' }, order: firstBy(inOrder) }).pipe(switchMap(use));

/** A player from this piece on; each of its pieces by its number, from 1 on as in requests. */
const plays = (film: Download, from: number, ready?: () => Observable<unknown>): Observable<string> =>
  film.read(0, { start: (from - 1) * BLOCK, ready }).pipe(map((_, nth) => String(from + nth)));

describe('a film', () => {
  it(
    'watched from its third minute: what was asked for before the jump is cancelled, but for what is on its way',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 20, latency: 40 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const jumps = (film: Download) => concat(plays(film, 1).pipe(takeUntil(timer(130))), plays(film, 7));
      stage.asks(seed).toBe('89ms (1234) 35ms (78) 35ms (9345) 34ms 6');
      stage.gives(opened(stage, there, jumps)).toBe('233ms 7-------------------8-------------------9 81ms |');
    }, nine),
  );

  it(
    'with two players: one that is paused at its beginning leaves the line to one that has nothing',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 20 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      const both = (film: Download) =>
        merge(
          plays(film, 1, () => NEVER),
          plays(film, 8),
        ).pipe(take(2));
      stage.asks(seed).toBe('-------------------(1829) 39ms (3456) 34ms 7');
      stage.gives(opened(stage, there, both)).toBe('68ms 8 39ms 9 101ms |');
    }, nine),
  );

  it(
    'whose player jumps all the time: its peers are told to cancel twice a second at most',
    drawn((stage) => {
      const seed = overheard(stage, honest({ pace: 100 }));
      const there = stage.world({ peers: { [b]: seed.player } });
      const jumps = (film: Download) =>
        concat(...[1, 9, 2, 8, 3, 7].map((from) => plays(film, from).pipe(takeUntil(timer(15))))).pipe(
          takeUntil(timer(400)),
        );
      stage.asks(seed).toBe('-------------------(9123)--------------------(82) 175ms (3456) 194ms 7');
      stage.gives(opened(stage, there, jumps)).toBe('1130ms |');
    }, nine),
  );
});
