import { filter, map, type Observable, scan, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { type DownloadOptions, download, type Torrent } from '../../src/index.ts';
import { DrawnDisk, drawn, honest, type Stage, torrentOf } from '../index.ts';

const a = '10.1.0.1:7000';
const peers = [{ host: '10.1.0.1', port: 7000, source: 'manual' }] as const;

/** Files x, y, z: y shares its first piece with x. */
const three: Torrent = {
  ...torrentOf({ pieces: 5, blocksPerPiece: 2, lastBlock: 8_192 }),
  layout: 'folder',
  files: ['x', 'y', 'z'].map((name, nth) => ({
    path: [name],
    length: nth < 2 ? 49_152 : 57_344,
    offset: nth * 49_152,
    padding: false,
    attributes: '',
  })),
};

/** When it is done: how many pieces have been stored by then. */
const run = (stage: Stage, disk: DrawnDisk, options: Partial<DownloadOptions>): Observable<number> => {
  const { env } = stage.world({ disk, peers: { [a]: honest() } });
  return download(stage.torrent, env, { target: { folder: '.' }, trackers: [], peers, ...options }).pipe(
    scan(({ stored }, { type }) => ({ stored: stored + (type === 'stored' ? 1 : 0), done: type === 'done' }), {
      stored: 0,
      done: false,
    }),
    filter(({ done }) => done),
    map(({ stored }) => stored),
  );
};

describe('a file of another program that is in the way', () => {
  const occupied = { name: 'StorageError', code: 'occupied' };

  it(
    'is refused before anybody is called, and stays as it was: no note is left, either',
    drawn((stage) => {
      const disk = new DrawnDisk(stage, { foreign: [0] });
      const there = stage.world({ disk, peers: { [a]: honest() } });
      stage
        .gives(
          download(stage.torrent, there.env, { target: { folder: '.' }, trackers: [], peers }).pipe(
            filter(({ type }) => type === 'stored'),
          ),
        )
        .toBe('------#', {}, occupied);
      stage.happens(there.dials).toBe('');
      stage.happens(disk.written).toBe('');
      stage
        .gives(timer(100).pipe(map(() => [disk.note, disk.bytes.every((byte) => byte === 0xee)])))
        .toBe('100ms (n|)', { n: [undefined, true] });
    }),
  );

  it(
    'is replaced if the user insists',
    drawn((stage) => {
      const disk = new DrawnDisk(stage, { foreign: [0] });
      stage.gives(run(stage, disk, { target: { folder: '.', force: true } })).toBe('25ms ---(d|)', { d: 2 });
    }),
  );

  it(
    'keeps no other file from being downloaded if it is not wanted',
    drawn(
      (stage) => {
        const disk = new DrawnDisk(stage, { foreign: [2] });
        stage.gives(run(stage, disk, { select: [[0, 0]] })).toBe('24ms ---(d|)', { d: 2 });
        stage
          .gives(timer(100).pipe(map(() => disk.bytes.subarray(98_304).every((byte) => byte === 0xee))))
          .toBe('100ms (t|)', { t: true });
      },
      { torrent: three },
    ),
  );
});

describe('a selection of files', () => {
  it(
    'writes no byte of unwanted files, and takes in what was kept apart when they are wanted later',
    drawn(
      (stage) => {
        const disk = new DrawnDisk(stage);
        stage.gives(run(stage, disk, { select: [[0, 0]] })).toBe('22ms ---(d|)', { d: 2 });
        const seen = () => ({ files: disk.files, apart: [...disk.apart.keys()] });
        stage.gives(timer(100).pipe(map(seen))).toBe('100ms (n|)', { n: { files: [0], apart: [1] } });
        // The second run lacks three pieces: number 1 moves into place without being asked for.
        stage.gives(run(stage, disk, {}), '200ms ^').toBe('229ms ---(d|)', { d: 3 });
        stage.gives(timer(400).pipe(map(seen))).toBe('400ms (n|)', { n: { files: [0, 1, 2], apart: [] } });
      },
      { torrent: three },
    ),
  );
});
