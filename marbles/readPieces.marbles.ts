import { NEVER, Observable, Subject, defer, finalize, from, map, mergeMap, of, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { READS_IN_FLIGHT, readPieces } from '../operators/readPieces.ts';
import type { Piece } from '../src/contracts/peer.ts';
import type { Storage } from '../src/contracts/storage.ts';
import { StorageError } from '../src/contracts/errors.ts';
import { PieceBuffers } from '../src/torrent/pieces/pieceDrafts.ts';
import { drawn, pieceBytes, type Stage } from './index.ts';
import { sameBytes } from './same.ts';

interface Reading extends Pick<Storage, 'read'> {
  now: number;
  most: number;
}

/** A disk that takes `takes` for each read, has the first `length` bytes of each piece, and counts. */
const disk = (
  { geometry }: Stage,
  { takes = 2, length = Infinity }: { readonly takes?: number; readonly length?: number } = {},
): Reading => {
  const reading: Reading = {
    now: 0,
    most: 0,
    read: (offset, into) =>
      defer(() => {
        reading.most = Math.max(reading.most, ++reading.now);
        return timer(takes).pipe(
          map(() => {
            const there = pieceBytes(geometry, offset / geometry.pieceLength).subarray(0, length);
            into.set(there);
            return there.length;
          }),
          finalize(() => reading.now--),
        );
      }),
  };
  return reading;
};
const indices = { 0: 0, 1: 1, 2: 2 } as const;
const failing = (error: StorageError): Pick<Storage, 'read'> => ({
  read: () =>
    timer(1).pipe(
      map(() => {
        throw error;
      }),
    ),
});

describe('readPieces', () => {
  it(
    'reads pieces by their indices',
    drawn((stage) => {
      const source = stage.cold('(01)----', indices);
      const pieces = '          --(ab)--';
      const buffers = new PieceBuffers(stage.geometry.pieceLength);
      stage.gives(source.pipe(readPieces(disk(stage), stage.geometry, buffers))).toBe(pieces);
    }),
  );

  it(
    'gives what is on disk, and zeros for what is not, also in a buffer that was used before',
    drawn((stage) => {
      const { geometry } = stage;
      const buffers = new PieceBuffers(geometry.pieceLength);
      buffers.give(buffers.take().fill(0xee));
      const expected = pieceBytes(geometry, 1).fill(0, 5);
      const read$ = of(1).pipe(
        readPieces(disk(stage, { length: 5 }), geometry, buffers),
        map(({ bytes, from: senders }) => [sameBytes(bytes, expected), senders.length]),
      );
      stage.gives(read$).toBe('--(r|)', { r: [true, 0] });
      expect(buffers.made).toBe(1);
    }),
  );

  it(
    'cuts the last piece to its length',
    drawn(
      (stage) => {
        const { geometry } = stage;
        const lengths$ = of(0, 1).pipe(
          readPieces(disk(stage), geometry, new PieceBuffers(geometry.pieceLength)),
          map(({ bytes }) => bytes.length),
        );
        stage.gives(lengths$).toBe('--(ab|)', { a: 32768, b: 16384 + 9 });
      },
      { torrent: { lastBlock: 9 } },
    ),
  );

  it(
    'reads four at a time',
    drawn(
      (stage) => {
        const reading = disk(stage, { takes: 10 });
        const all$ = from([0, 1, 2, 3, 4, 5]).pipe(
          readPieces(reading, stage.geometry, new PieceBuffers(stage.geometry.pieceLength)),
        );
        stage
          .gives(all$.pipe(tap({ complete: () => expect(reading.most).toBe(READS_IN_FLIGHT) })))
          .toBe('10ms (abcd)----(ef|)');
      },
      { torrent: { pieces: 6 } },
    ),
  );

  it(
    'waits, ends and fails with the source, and with the disk',
    drawn((stage) => {
      const { geometry } = stage;
      const buffers = new PieceBuffers(geometry.pieceLength);
      const read = readPieces(disk(stage), geometry, buffers);
      const broken = new StorageError('io', 'drawn: the disk is broken');
      stage.gives(NEVER.pipe(read)).toBe('-');
      stage.gives(stage.cold<number>('|').pipe(read)).toBe('|');
      stage.gives(stage.cold('0|', indices).pipe(read)).toBe('--(a|)');
      stage.gives(stage.cold('0--#', indices).pipe(read)).toBe('--a#');
      stage
        .gives(stage.cold('0---', indices).pipe(readPieces(failing(broken), geometry, buffers)))
        .toBe('-#', {}, broken);
    }),
  );

  it(
    'takes its buffers back when it is left while it reads, or the disk fails, but not those it gave away',
    drawn((stage) => {
      const { geometry, gives, cold, watch } = stage;
      const [left, failed] = [new PieceBuffers(geometry.pieceLength), new PieceBuffers(geometry.pieceLength)];
      const source = cold('0--1---', indices);
      gives(source.pipe(readPieces(disk(stage), geometry, left)), '^---!').toBe('--a--');
      stage.expectSubscriptions(source.subscriptions).toBe('^---!');
      watch(cold('0', indices).pipe(readPieces(failing(new StorageError('io', 'broken')), geometry, failed)));
      gives(timer(9).pipe(map(() => [left.made, left.lent, failed.made, failed.lent]))).toBe('---------(r|)', {
        r: [2, 1, 1, 0],
      });
    }),
  );

  it(
    'gives a buffer back once, however often it is released',
    drawn((stage) => {
      const { geometry } = stage;
      const buffers = new PieceBuffers(geometry.pieceLength);
      const release = (piece: Piece): number => {
        piece.release();
        piece.release();
        return buffers.lent;
      };
      stage
        .gives(stage.cold('0--1', indices).pipe(readPieces(disk(stage), geometry, buffers), map(release)))
        .toBe('--a--b', { a: 0, b: 0 });
    }),
  );

  it('may be asked for more while it gives, and uses the same buffer', () => {
    drawn((stage) => {
      const { geometry } = stage;
      const buffers = new PieceBuffers(geometry.pieceLength);
      const asked$ = new Subject<number>();
      const storage: Pick<Storage, 'read'> = { read: (_, into) => of(into.length) };
      const given: number[] = [];
      const read = asked$.pipe(readPieces(storage, geometry, buffers)).subscribe((piece) => {
        given.push(piece.index);
        piece.release();
        if (piece.index === 0) asked$.next(1);
      });
      asked$.next(0);
      read.unsubscribe();
      expect([given, buffers.made, buffers.lent]).toEqual([[0, 1], 1, 0]);
    })();
  });

  it(
    'takes the buffer back from a disk that ends without a word',
    drawn((stage) => {
      const { geometry } = stage;
      const buffers = new PieceBuffers(geometry.pieceLength);
      const mute: Pick<Storage, 'read'> = { read: () => new Observable<number>((subscriber) => subscriber.complete()) };
      const read$ = of(0).pipe(
        readPieces(mute, geometry, buffers),
        mergeMap(() => NEVER),
      );
      stage.gives(read$.pipe(tap({ complete: () => expect(buffers.lent).toBe(0) }))).toBe('|');
    }),
  );
});
