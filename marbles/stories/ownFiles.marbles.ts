import { filter, map, merge, type Observable, of, scan, take, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { type DownloadOptions, download, inOrder, type PieceOrder, type Torrent } from '../../src/index.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { DrawnDisk, drawn, honest, pieceBytes, type Stage, torrentOf } from '../index.ts';

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

describe('a selection that changes', () => {
  const changing = (first: readonly [number, number], ms: number, then: readonly [number, number]) =>
    merge(of([first]), timer(ms).pipe(map(() => [then])));
  const scene = (stage: Stage, select: NonNullable<DownloadOptions['select']>, more: Partial<DownloadOptions> = {}) => {
    const disk = new DrawnDisk(stage);
    const { env } = stage.world({ disk, peers: { [a]: honest({ pace: 4 }) } });
    const options = { target: { folder: '.' }, trackers: [], peers, order: inOrder, window: 2, ...more };
    const told$ = download(stage.torrent, env, { ...options, select }).pipe(
      filter(({ type }) => type === 'stored' || type === 'done'),
      map((event) => (event.type === 'stored' ? String(event.index) : 'd')),
    );
    const geometry = new Geometry(three);
    const whole = Buffer.concat([0, 1, 2, 3, 4].map((piece) => pieceBytes(geometry, piece)));
    const right = (file: number): boolean => {
      const { offset = 0, length = 0 } = three.files[file] ?? {};
      const content = whole.subarray(offset, offset + length);
      return Buffer.compare(disk.bytes.subarray(offset, offset + length), content) === 0;
    };
    const seen = () => ({ right: [0, 1, 2].filter(right), apart: [...disk.apart.keys()] });
    return { told$, seen, disk };
  };

  const firstLast = { order: ((one, other) => (other.index < 2 ? other.index - one.index : -1)) as PieceOrder };

  it(
    'fetches what is wanted after all, and moves what has been kept apart',
    drawn(
      (stage) => {
        const { told$, seen } = scene(stage, changing([0, 0], 33, [0, 1]), firstLast);
        stage.gives(told$).toBe('29ms 1--------0-----------2---(d|)');
        stage.gives(timer(400).pipe(map(seen))).toBe('400ms (n|)', { n: { right: [0, 1], apart: [] } });
      },
      { torrent: three },
    ),
  );

  it(
    'no longer asks for what is not wanted, and is done when nothing else is missing',
    drawn(
      (stage) => {
        const { told$, seen } = scene(stage, changing([0, 2], 30, [0, 0]));
        stage.gives(told$).toBe('29ms 0--------1---(d|)');
        stage.gives(timer(400).pipe(map(seen))).toBe('400ms (n|)', { n: { right: [0], apart: [] } });
      },
      { torrent: three },
    ),
  );

  it(
    'goes on seeding when all that is still wanted is there',
    drawn(
      (stage) => {
        const { told$, seen } = scene(stage, changing([0, 2], 40, [0, 0]), { seed: {} });
        stage.gives(told$, '^ 1s !').toBe('29ms 0--------1--d');
        stage.gives(timer(400).pipe(map(seen))).toBe('400ms (n|)', { n: { right: [0], apart: [] } });
      },
      { torrent: three },
    ),
  );

  it(
    'grows while the torrent is seeded: it is done again when all that is wanted then is there',
    drawn(
      (stage) => {
        const { told$, seen } = scene(stage, changing([0, 0], 60, [0, 1]), { seed: {} });
        stage.gives(told$, '^ 1s !').toBe('29ms 0--------1d 39ms 2d');
        stage.gives(timer(400).pipe(map(seen))).toBe('400ms (n|)', { n: { right: [0, 1], apart: [] } });
      },
      { torrent: three },
    ),
  );

  it(
    'grows by what needs no peer: it is done again at once, and an empty file is there',
    drawn(
      (stage) => {
        const { told$, disk } = scene(stage, changing([0, 2], 80, [0, 3]), { seed: {} });
        stage.gives(told$, '^ 1s !').toBe('29ms 0--------1--------2--------3--------4d 18ms d');
        stage
          .gives(
            timer(70, 330).pipe(
              take(2),
              map(() => String(disk.files.length)),
            ),
          )
          .toBe('70ms 3 329ms (4|)');
      },
      {
        torrent: {
          ...three,
          files: [...three.files, { path: ['w'], length: 0, offset: 155_648, padding: false, attributes: '' }],
        },
      },
    ),
  );

  it(
    'that shrinks while the torrent is seeded, and grows again by what is there, is done again',
    drawn(
      (stage) => {
        const select$ = merge(changing([0, 1], 80, [0, 0]), timer(90).pipe(map(() => [[0, 1] as const])));
        const { told$ } = scene(stage, select$, { seed: {} });
        stage.gives(told$, '^ 1s !').toBe('29ms 0--------1--------2d 44ms d');
      },
      { torrent: three },
    ),
  );

  it.each(Array.from({ length: 50 }, (_, at) => at))('is obeyed whenever it changes: after %i ms', (at) => {
    drawn(
      (stage) => {
        const grows = scene(stage, changing([0, 0], at, [0, 1]), firstLast);
        const shrinks = scene(stage, changing([0, 2], at, [1, 1]));
        const twice = scene(
          stage,
          merge(changing([1, 1], at, [0, 0]), timer(at + 3).pipe(map(() => [[1, 2] as const]))),
        );
        for (const { told$ } of [grows, shrinks, twice]) stage.watch(told$);
        // Either the change came too late, or all that is wanted then is there; nothing is lost.
        const sound = () => {
          const [one, other, third] = [grows.seen(), shrinks.seen(), twice.seen()];
          return [
            one.right.includes(0) && (one.right.includes(1) || (at > 35 && one.apart.includes(1))),
            other.right.includes(1),
            at > 35 ? third.right.length > 0 : third.right.includes(1) && third.right.includes(2),
          ].join();
        };
        stage.gives(timer(400).pipe(map(sound))).toBe('400ms (n|)', { n: 'true,true,true' });
      },
      { torrent: three },
    )();
  });

  it(
    'refuses a file of somebody else that is wanted after all',
    drawn(
      (stage) => {
        const disk = new DrawnDisk(stage, { foreign: [2] });
        stage
          .gives(run(stage, disk, { select: changing([0, 0], 12, [0, 2]) }).pipe(map(() => 'd')))
          .toBe('---------------#', {}, { name: 'StorageError', code: 'occupied' });
      },
      { torrent: three },
    ),
  );

  it(
    'that selects nothing ends it',
    drawn(
      (stage) => {
        const { told$ } = scene(stage, changing([0, 2], 20, [7, 8]));
        stage.gives(told$).toBe('20ms #', {}, { name: 'InputError', code: 'bad-option' });
      },
      { torrent: three },
    ),
  );
});
