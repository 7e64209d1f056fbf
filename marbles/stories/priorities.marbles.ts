import { concat, filter, map, merge, type Observable, of, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { type DownloadOptions, download, type FilePriority, type Torrent } from '../../src/index.ts';
import { drawn, honest, type Stage, torrentOf } from '../index.ts';

const a = '10.1.0.1:7000';
const peers = [{ host: '10.1.0.1', port: 7000, source: 'manual' }] as const;

/** Files x, y and z of three pieces each, but for the last piece of x, which y begins in. */
const three: Torrent = {
  ...torrentOf({ pieces: 9, blocksPerPiece: 1 }),
  layout: 'folder',
  files: [
    [0, 40_960],
    [40_960, 57_344],
    [98_304, 49_152],
  ].map(([offset = 0, length = 0], nth) => ({
    path: ['xyz'.charAt(nth)],
    length,
    offset,
    padding: false,
    attributes: '',
  })),
};

/** The pieces in the order in which they are stored: a peer that sends one at a time. */
const scene = (stage: Stage, options: Partial<DownloadOptions>): Observable<string> => {
  const { env } = stage.world({ peers: { [a]: honest({ pace: 4 }) } });
  const given = { target: { folder: '.' }, trackers: [], peers, window: 1, ...options };
  return download(stage.torrent, env, given).pipe(
    filter(({ type }) => type === 'stored'),
    map((event) => ('index' in event ? String(event.index) : '')),
  );
};

const x = (priority: number, ends = false): FilePriority => ({ files: [[0, 0]], priority, ends });
const y = (priority: number, ends = false): FilePriority => ({ files: [[1, 1]], priority, ends });
const z = (priority: number, ends = false): FilePriority => ({ files: [[2, 2]], priority, ends });
const later = <T>(first: T, ms: number, then: T): Observable<T> => merge(of(first), timer(ms).pipe(map(() => then)));

describe('priorities of files', () => {
  it(
    'the files of a higher one come before all others, those of a lower one last',
    drawn(
      (stage) =>
        void stage
          .gives(scene(stage, { priorities: [z(1), x(-1)] }))
          .toBe('25ms 8--------6--------7--------5--------3--------2--------4--------0--------1---|'),
      { torrent: three },
    ),
  );

  it(
    'the first and the last piece of a file may come before the rest of it',
    drawn(
      (stage) =>
        void stage
          .gives(scene(stage, { priorities: [y(1, true), z(2, true)] }))
          .toBe('25ms 8--------6--------5--------2--------0--------3--------1--------4--------7---|'),
      {
        torrent: three,
      },
    ),
  );

  it(
    'that change count from the next request on: nothing is asked for twice',
    drawn(
      (stage) =>
        void stage
          .gives(scene(stage, { priorities: later([x(1)], 20, [z(1)]) }))
          .toBe('25ms 0--------8--------6--------7--------5--------3--------2--------1--------4---|'),
      {
        torrent: three,
      },
    ),
  );

  it(
    'that are known once the torrent is, and hold for what is wanted only: y begins in a piece of x',
    drawn(
      (stage) => {
        const select = later([[0, 0] as const, [2, 2] as const], 20, [[0, 2] as const]);
        const priorities = (torrent: Torrent) => of([y(torrent.files.length), x(1)]);
        stage
          .gives(scene(stage, { select, priorities }))
          .toBe('25ms 0--------5--------3--------2--------4--------1--------8--------6--------7---|');
      },
      { torrent: three },
    ),
  );

  it(
    'that are none end it',
    drawn(
      (stage) => {
        const priorities = concat(of([x(1)]), timer(20).pipe(map(() => [x(200)])));
        stage.gives(scene(stage, { priorities })).toBe('21ms #', {}, { name: 'InputError', code: 'bad-option' });
      },
      { torrent: three },
    ),
  );
});
