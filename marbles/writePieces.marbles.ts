import { EMPTY, NEVER, type Observable, Subject, defer, finalize, map, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { BYTES_IN_FLIGHT, WRITES_IN_FLIGHT } from '../src/torrent/pieces/writeSchedule.ts';
import type { Warning } from '../src/contracts/events.ts';
import type { CheckedPiece, Peer } from '../src/contracts/peer.ts';
import type { Storage } from '../src/contracts/storage.ts';
import { StorageError } from '../src/contracts/errors.ts';
import { Geometry } from '../src/torrent/geometry.ts';
import { drawn, torrentOf, type Stage } from './index.ts';
import { writeOnly } from './stories/writeOnly.ts';

const full = new StorageError('full', '/disk/drawn: no space left');

/** Checked pieces `a` `b` `c` … of one block, `x` of which is corrupt; counts how often each is released. */
const scene = ({ geometry }: Stage) => {
  const released: number[] = [];
  const piece = (index: number, valid = true, from: readonly Peer[] = []): CheckedPiece => ({
    index,
    valid,
    from,
    bytes: new Uint8Array(geometry.pieceSize(index)),
    release: () => void (released[index] = (released[index] ?? 0) + 1),
  });
  const pieces = { a: piece(0), b: piece(1), c: piece(2), d: piece(3), x: piece(4, false) };
  const warnings: Warning[] = [];
  return { released, piece, pieces, warnings, report: (warning: Warning) => void warnings.push(warning) };
};

/** A disk on which the nth write, counted from 1, takes so long or fails. */
const disk = ({
  takes = 2,
  fails = () => undefined,
}: {
  readonly takes?: number;
  readonly fails?: (nth: number, offset: number) => StorageError | undefined;
} = {}) => {
  let writes = 0;
  const counts = { now: 0, most: 0 };
  const write = (offset: number, bytes: Uint8Array): Observable<number> =>
    defer(() => {
      const nth = ++writes;
      counts.most = Math.max(counts.most, ++counts.now);
      return timer(takes).pipe(
        map(() => {
          const error = fails(nth, offset);
          if (error !== undefined) throw error;
          return bytes.length;
        }),
        finalize(() => counts.now--),
      );
    });
  return { counts, write };
};

const small = { torrent: { pieces: 5, blocksPerPiece: 1 } } as const;

describe('writePieces', () => {
  it(
    'writes what is valid, passes what is corrupt, and releases both once',
    drawn((stage) => {
      const { pieces, released } = scene(stage);
      const source = stage.cold('a-x---', pieces);
      const outcomes = '         --(cs)';
      stage.gives(source.pipe(writeOnly(disk(), stage.geometry))).toBe(outcomes);
      stage
        .gives(timer(6).pipe(map(() => Array.from(released))))
        .toBe('------(r|)', { r: [1, undefined, undefined, undefined, 1] });
    }, small),
  );

  it(
    'tells which piece it was, its length, and the peers that took part, each once',
    drawn(
      (stage) => {
        const { piece } = scene(stage);
        const [one, other] = [stage.peer(''), stage.peer('')];
        const offsets: number[] = [];
        const storage: Pick<Storage, 'write'> = { write: (offset, { length }) => of(offsets.push(offset) + length) };
        const source = stage.cold('p', { p: piece(4, true, [one, other, one]) });
        stage
          .gives(source.pipe(writeOnly(storage, stage.geometry)))
          .toBe('s', { s: { type: 'stored', index: 4, length: 9, from: [one.address, other.address] } });
        stage.gives(timer(1).pipe(map(() => offsets))).toBe('-(o|)', { o: [4 * 16384] });
      },
      { torrent: { ...small.torrent, lastBlock: 9 } },
    ),
  );

  it(
    'waits, ends and fails with the source',
    drawn((stage) => {
      const { pieces } = scene(stage);
      const write = writeOnly(disk(), stage.geometry);
      stage.gives(NEVER.pipe(write)).toBe('-');
      stage.gives(stage.cold<CheckedPiece>('|').pipe(write)).toBe('|');
      stage.gives(stage.cold('a|', pieces).pipe(write)).toBe('--(s|)');
      stage.gives(stage.cold('a---#', pieces).pipe(write)).toBe('--s-#');
    }, small),
  );

  it(
    'does not give a buffer back that the disk may still read when it is left',
    drawn((stage) => {
      const { pieces, released } = scene(stage);
      const storage = disk({ takes: 5 });
      const source = stage.cold('ab----', pieces);
      stage.gives(source.pipe(writeOnly(storage, stage.geometry)), '^--!').toBe('');
      stage.expectSubscriptions(source.subscriptions).toBe('^--!');
      stage.gives(timer(20).pipe(map(() => [...released, storage.counts.now]))).toBe('20ms (r|)', { r: [0] });
    }, small),
  );

  it.each([
    ['two at a time', 2 ** 24, WRITES_IN_FLIGHT.least],
    ['more if they are small, up to so many bytes', 2 ** 20, BYTES_IN_FLIGHT / 2 ** 20],
    ['no more than so many, however small', 2 ** 15, WRITES_IN_FLIGHT.most],
  ])('writes %s', (_, pieceLength, most) => {
    const geometry = new Geometry({ length: 100 * pieceLength, pieceLength });
    const pieces$ = new Subject<CheckedPiece>();
    const writing: Subject<number>[] = [];
    const storage: Pick<Storage, 'write'> = {
      write: () => writing[writing.push(new Subject<number>()) - 1] as Subject<number>,
    };
    const written: number[] = [];
    const subscription = pieces$.pipe(writeOnly(storage, geometry)).subscribe(({ index }) => written.push(index));
    for (let index = 0; index < 100; index++)
      pieces$.next({ index, valid: true, from: [], bytes: new Uint8Array(1), release: () => {} });
    expect(writing.length).toBe(most);
    writing[1]?.next(1);
    writing[1]?.complete();
    expect([written, writing.length]).toEqual([[1], most + 1]);
    subscription.unsubscribe();
    expect(writing.filter(({ observed }) => observed)).toEqual([]);
  });

  it('may hear of the next piece while it tells of one', () => {
    const geometry = new Geometry(torrentOf(small.torrent));
    const pieces$ = new Subject<CheckedPiece>();
    const piece = (index: number): CheckedPiece => ({
      index,
      valid: true,
      from: [],
      bytes: new Uint8Array(1),
      release: () => {},
    });
    const written: number[] = [];
    pieces$.pipe(writeOnly({ write: () => of(1) }, geometry)).subscribe(({ index }) => {
      written.push(index);
      if (index === 0) pieces$.next(piece(1));
    });
    pieces$.next(piece(0));
    expect(written).toEqual([0, 1]);
  });
});

describe('writePieces, on a disk that is full', () => {
  it(
    'says so once, tries again every 15 s, and goes on when there is room',
    drawn((stage) => {
      const { pieces, released, report, warnings } = scene(stage);
      const storage = disk({ fails: (nth) => (nth <= 4 ? full : undefined) });
      const outcomes = stage.cold('ab----', pieces).pipe(writeOnly(storage, stage.geometry, { report }));
      stage.gives(outcomes).toBe('30s ------ss');
      stage.gives(timer(14_000).pipe(map(() => [...released]))).toBe('14s (r|)', { r: [] });
      stage.gives(timer(60_000).pipe(map(() => [warnings.map(({ code }) => code), released]))).toBe('60s (r|)', {
        r: [
          ['full', 'room'],
          [1, 1],
        ],
      });
      stage
        .gives(timer(60_000).pipe(map(() => warnings[0]?.message)))
        .toBe('60s (m|)', { m: '/disk/drawn: no space left; waiting for room' });
    }, small),
  );

  it(
    'does not say that there is room because one piece still fitted',
    drawn((stage) => {
      const { pieces, report, warnings } = scene(stage);
      const storage = disk({ fails: (nth, offset) => (offset === 0 && nth < 5 ? full : undefined) });
      const outcomes = stage
        .cold('a---b---c', pieces)
        .pipe(writeOnly(storage, stage.geometry, { report, retryEvery: 20 }));
      stage.gives(outcomes).toBe('------s---s 35ms s');
      stage.gives(timer(11).pipe(map(() => warnings.map(({ code }) => code)))).toBe('11ms (w|)', { w: ['full'] });
    }, small),
  );

  it(
    'stops trying when it is left',
    drawn((stage) => {
      const { pieces, released } = scene(stage);
      const storage = disk({ fails: () => full });
      stage
        .gives(stage.cold('a', pieces).pipe(writeOnly(storage, stage.geometry, { retryEvery: 10 })), '^ 14ms !')
        .toBe('');
      stage.gives(timer(99).pipe(map(() => [released.length, storage.counts.now]))).toBe('99ms (r|)', { r: [0, 0] });
    }, small),
  );

  it.each(['denied', 'io', 'missing'] as const)('ends when it is not full but %s, and at once', (code) => {
    drawn((stage) => {
      const { pieces, report, warnings } = scene(stage);
      const error = new StorageError(code, 'drawn');
      const storage = disk({ fails: (nth) => (nth === 1 ? full : error) });
      stage
        .gives(stage.cold('a', pieces).pipe(writeOnly(storage, stage.geometry, { report, retryEvery: 10 })))
        .toBe('--------------#', {}, error);
      stage
        .gives(timer(20).pipe(map(() => warnings.map((warning) => warning.code))))
        .toBe('20ms (w|)', { w: ['full'] });
    }, small)();
  });

  it(
    'ends with what is no error of the disk: that is our own defect',
    drawn((stage) => {
      const { pieces } = scene(stage);
      const broken: Pick<Storage, 'write'> = { write: () => stage.cold('-#', {}, new RangeError('drawn')) };
      stage
        .gives(stage.cold('a', pieces).pipe(writeOnly(broken, stage.geometry)))
        .toBe('-#', {}, new RangeError('drawn'));
      stage.gives(stage.cold('a|', pieces).pipe(writeOnly({ write: () => EMPTY }, stage.geometry))).toBe('-|');
      const defect = new RangeError('drawn');
      const defective: Pick<Storage, 'write'> = {
        write: () => {
          throw defect;
        },
      };
      stage.gives(stage.cold('-a', pieces).pipe(writeOnly(defective, stage.geometry))).toBe('-#', {}, defect);
    }, small),
  );
});
