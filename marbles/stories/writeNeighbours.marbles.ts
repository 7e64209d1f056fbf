import { defer, finalize, map, type Observable, of, Subject, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { BYTES_IN_FLIGHT, BYTES_PER_WRITE, WRITES_IN_FLIGHT } from '../../src/torrent/pieces/writeSchedule.ts';
import type { CheckedPiece } from '../../src/contracts/peer.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import { StorageError } from '../../src/contracts/errors.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { drawn, type Stage } from '../index.ts';
import { writeOnly } from './writeOnly.ts';

const eight = { torrent: { pieces: 8, blocksPerPiece: 1 } } as const;
const BLOCK = 16384;

/** Checked pieces `a` to `h`, which follow each other on disk; the letters of released pieces, in order. */
const scene = ({ geometry }: Pick<Stage, 'geometry'>) => {
  const released: string[] = [];
  const piece = (index: number): CheckedPiece => ({
    index,
    valid: true,
    from: [],
    bytes: new Uint8Array(geometry.pieceSize(index)).fill(index),
    release: () => void released.push(nameOf(index)),
  });
  return { released, pieces: Object.fromEntries(Array.from('abcdefgh', (name, index) => [name, piece(index)])) };
};

const nameOf = (index: number): string => 'abcdefgh'[index] as string;
const indices = Object.fromEntries(Array.from('abcdefgh', (name, index) => [name, index]));

/** A disk on which each write takes four frames; what was written together stands together. */
const disk = (fails: (nth: number) => StorageError | undefined = () => undefined) => {
  const writes: string[] = [];
  const counts = { now: 0 };
  const writev = (offset: number, parts: readonly Uint8Array[]): Observable<number> =>
    defer(() => {
      counts.now++;
      const nth = writes.push(parts.map((_, n) => nameOf(offset / BLOCK + n)).join(''));
      return timer(4).pipe(
        map(() => {
          const error = fails(nth);
          if (error !== undefined) throw error;
          return parts.reduce((sum, { length }) => sum + length, 0);
        }),
        finalize(() => counts.now--),
      );
    });
  const storage: Pick<Storage, 'write' | 'writev'> = { write: (offset, bytes) => writev(offset, [bytes]), writev };
  return { writes, counts, storage };
};

const index = map(({ index: found }: { readonly index: number }) => found);

describe('writePieces, with a storage that writes several buffers at once', () => {
  it(
    'writes together what follows each other, and came while two writes were under way',
    drawn((stage) => {
      const { released, pieces } = scene(stage);
      const { writes, storage } = disk();
      const source = stage.cold('ab(dce)|', pieces);
      const outcomes = '         ----ab--(cde|)';
      stage.gives(source.pipe(writeOnly(storage, stage.geometry), index)).toBe(outcomes, indices);
      stage
        .gives(timer(20).pipe(map(() => [writes, released.join('')])))
        .toBe('20ms (r|)', { r: [['a', 'b', 'cde'], 'abcde'] });
    }, eight),
  );

  it(
    'does not hold up what has no neighbours: then all are written at once',
    drawn((stage) => {
      const { pieces } = scene(stage);
      const { writes, storage } = disk();
      stage
        .gives(stage.cold('ab(hdf)', pieces).pipe(writeOnly(storage, stage.geometry), index))
        .toBe('----ab--(hdf)', indices);
      stage.gives(timer(20).pipe(map(() => writes))).toBe('20ms (w|)', { w: ['a', 'b', 'h', 'd', 'f'] });
    }, eight),
  );

  it(
    'waits, ends and fails with the source',
    drawn((stage) => {
      const { pieces } = scene(stage);
      const write = writeOnly(disk().storage, stage.geometry);
      stage.gives(stage.cold<CheckedPiece>('-').pipe(write)).toBe('-');
      stage.gives(stage.cold<CheckedPiece>('|').pipe(write)).toBe('|');
      stage.gives(stage.cold('ab(cd)#', pieces).pipe(write, index)).toBe('----ab#', indices);
    }, eight),
  );

  it(
    'writes each on its own where there is no room for all: some may fit',
    drawn((stage) => {
      const { released, pieces } = scene(stage);
      const full = new StorageError('full', 'drawn');
      const { writes, storage } = disk((nth) => (nth === 3 || nth === 5 ? full : undefined));
      const warnings: string[] = [];
      const write = writeOnly(storage, stage.geometry, {
        retryEvery: 20,
        report: ({ code }) => void warnings.push(code),
      });
      stage.gives(stage.cold('ab(cde)|', pieces).pipe(write, index)).toBe('----ab------(ce) 20ms (d|)', indices);
      stage.gives(timer(60).pipe(map(() => [writes, released.join(''), warnings]))).toBe('60ms (r|)', {
        r: [['a', 'b', 'cde', 'c', 'd', 'e', 'd'], 'abced', ['full', 'room']],
      });
    }, eight),
  );

  it.each([new StorageError('io', 'drawn'), new RangeError('drawn')])('ends with %s', (error) => {
    drawn((stage) => {
      const { pieces } = scene(stage);
      const { storage } = disk((nth) => (nth === 3 ? (error as StorageError) : undefined));
      stage
        .gives(stage.cold('ab(cde)', pieces).pipe(writeOnly(storage, stage.geometry), index))
        .toBe('----ab--#', indices, error);
    }, eight)();
  });

  it(
    'gives no buffer back that the disk may still read when it is left',
    drawn((stage) => {
      const { released, pieces } = scene(stage);
      const { counts, storage } = disk();
      const source = stage.cold('ab(cde)', pieces);
      stage.gives(source.pipe(writeOnly(storage, stage.geometry), index), '^-----!').toBe('----ab', indices);
      stage.expectSubscriptions(source.subscriptions).toBe('^-----!');
      stage.gives(timer(20).pipe(map(() => [released.join(''), counts.now]))).toBe('20ms (r|)', { r: ['ab', 0] });
    }, eight),
  );

  it(
    'writes a piece twice that comes twice',
    drawn((stage) => {
      const { pieces } = scene(stage);
      const { writes, storage } = disk();
      stage
        .gives(stage.cold('ab(ddc)|', pieces).pipe(writeOnly(storage, stage.geometry), index))
        .toBe('----abd-(cd|)', indices);
      stage.gives(timer(20).pipe(map(() => writes))).toBe('20ms (w|)', { w: ['a', 'b', 'd', 'cd'] });
    }, eight),
  );
});

describe('writePieces, how much at once', () => {
  const piece = (at: number): CheckedPiece => ({
    index: at,
    valid: true,
    from: [],
    bytes: new Uint8Array(1),
    release: () => {},
  });

  it.each([
    ['neighbours of up to 4 MiB', 2 ** 20, BYTES_PER_WRITE / 2 ** 20],
    ['large pieces on their own', 2 ** 23, 1],
  ])('writes %s', (_, pieceLength, together) => {
    const geometry = new Geometry({ length: 100 * pieceLength, pieceLength });
    const pieces$ = new Subject<CheckedPiece>();
    const writing: { readonly count: number; readonly end$: Subject<number> }[] = [];
    const writev = (_: number, parts: readonly Uint8Array[]): Observable<number> => {
      const end$ = new Subject<number>();
      writing.push({ count: parts.length, end$ });
      return end$;
    };
    const written: number[] = [];
    pieces$
      .pipe(writeOnly({ write: (offset, bytes) => writev(offset, [bytes]), writev }, geometry), index)
      .subscribe((at) => void written.push(at));
    for (let at = 0; at < 100; at++) pieces$.next(piece(at));
    pieces$.complete();
    expect(writing.map(({ count }) => count)).toEqual([1, 1]);
    for (let nth = 0; nth < writing.length; nth++) {
      expect(writing.length - nth).toBeLessThanOrEqual(WRITES_IN_FLIGHT.least);
      writing[nth]?.end$.next(1);
      writing[nth]?.end$.complete();
    }
    expect(Math.max(...writing.map(({ count }) => count))).toBe(together);
    expect(written).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('writes no more at once than permitted, however neighbours come after many that have none', () => {
    const pieceLength = 2 ** 18;
    const allowed = BYTES_IN_FLIGHT / pieceLength;
    const geometry = new Geometry({ length: 1000 * pieceLength, pieceLength });
    const pieces$ = new Subject<CheckedPiece>();
    const slow$ = new Subject<number>();
    let underWay = 0;
    const writev = (_: number, parts: readonly Uint8Array[]): Observable<number> => {
      underWay += parts.length;
      return slow$;
    };
    const first$ = new Subject<number>();
    const write = (offset: number, bytes: Uint8Array): Observable<number> =>
      offset === 0 ? first$ : writev(offset, [bytes]);
    pieces$.pipe(writeOnly({ write, writev }, geometry)).subscribe();
    for (let at = 0; at < allowed; at++) pieces$.next(piece(2 * at));
    for (let at = 500; at < 600; at++) pieces$.next(piece(at));
    first$.complete();
    expect(underWay).toBe(allowed);
  });

  it('goes on with thousands that wait when the disk is suddenly fast, and hears of more while it tells of one', () => {
    const geometry = new Geometry({ length: 10_000 * BLOCK, pieceLength: BLOCK });
    const pieces$ = new Subject<CheckedPiece>();
    const slow$ = new Subject<number>();
    let writes = 0;
    const write = (): Observable<number> => (++writes <= 2 ? slow$ : of(1));
    const written = new Set<number>();
    pieces$.pipe(writeOnly({ write, writev: write }, geometry), index).subscribe((at) => {
      written.add(at);
      if (at === 0) pieces$.next(piece(1));
    });
    // Every other one: none has a neighbour.
    for (let at = 0; at < 10_000; at += 2) pieces$.next(piece(at));
    expect(written.size).toBe(0);
    slow$.next(1);
    slow$.complete();
    expect(written.size).toBe(5001);
  });
});
