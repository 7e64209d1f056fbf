import { catchError, Observable, type OperatorFunction, retry, switchMap, tap, throwError, timer } from 'rxjs';
import type { PieceOutcome, Warning } from '../src/contracts/events.ts';
import type { CheckedPiece } from '../src/contracts/peer.ts';
import type { Storage } from '../src/contracts/storage.ts';
import { StorageError } from '../src/contracts/errors.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { PieceRuns } from '../src/torrent/pieces/pieceRuns.ts';

export interface WritePiecesOptions {
  /** Hears once that the disk is full, and once that it goes on. */
  readonly report?: (warning: Warning) => void;
  /** Milliseconds between looks at whether a full disk has room again. 15 s. */
  readonly retryEvery?: number;
}

/**
 * Pieces being written at one time: at the least, at the most, and in between as many as make so many bytes. More wait
 * in the pool they came from.
 */
export const WRITES_IN_FLIGHT = { least: 2, most: 64 } as const;
export const BYTES_IN_FLIGHT = 16 * 2 ** 20;
/** Bytes of neighbours that are written at once. */
export const BYTES_PER_WRITE = 4 * 2 ** 20;

/**
 * Writes the valid pieces to disk, passes the corrupt ones, and releases both.
 *
 * ```
 * source  a-x----
 * gives   --(cs)-   s stored, c corrupt
 * ```
 *
 * What comes while two writes are under way waits for the end of one, and is then written together with its neighbours,
 * if the storage has
 * `writev`: a file takes one write at a time, and many small ones cost more than a large one. Pieces without neighbours
 * then go all at one time.
 *
 * If writes wait for one another (`ordered`), each starts at once: the one that the others wait for may come last.
 *
 * A full disk is waited for: the piece keeps its buffer, so nothing more is asked for, and is tried again every
 * `retryEvery`. Any other `StorageError` (`denied`, `missing`, `io`) ends the stream.
 *
 * Not `mergeMap`: pieces come by the thousand, and what it makes for each costs as much as to ask for its blocks.
 */
export const writePieces =
  (
    storage: Pick<Storage, 'write' | 'writev' | 'ordered'>,
    geometry: Geometry,
    options: WritePiecesOptions = {},
  ): OperatorFunction<CheckedPiece, PieceOutcome> =>
  (pieces) =>
    new Observable((subscriber) => {
      const { pieceLength } = geometry;
      const { least, most } = WRITES_IN_FLIGHT;
      const allowed = Math.max(least, Math.floor(BYTES_IN_FLIGHT / pieceLength));
      const { ordered = false } = storage;
      const writev = storage.writev?.bind(storage);
      const together = writev === undefined ? 1 : Math.max(1, Math.floor(BYTES_PER_WRITE / pieceLength));
      const store = patiently((piece) => storage.write(geometry.pieceOffset(piece.index), piece.bytes), options);
      const waiting = new PieceRuns<CheckedPiece>();
      let writes = 0;
      let pieceCount = 0; // in these writes
      let over = false;
      let going = false;
      const settle = (piece: CheckedPiece): void => {
        const outcome = outcomeOf(piece);
        piece.release();
        subscriber.next(outcome);
      };
      const written = (run: readonly CheckedPiece[]): Observable<unknown> => {
        const [first] = run as readonly [CheckedPiece];
        if (run.length === 1 || writev === undefined) return store(first);
        return writev(geometry.pieceOffset(first.index), run.map(bytesOf));
      };
      const begin = (run: readonly CheckedPiece[]): void => {
        writes++;
        pieceCount += run.length;
        const complete = (): void => {
          writes--;
          pieceCount -= run.length;
          goOn();
        };
        const error = (cause: unknown): void => {
          if (run.length === 1 || !isFull(cause)) return subscriber.error(cause);
          // There may be room for some of them.
          for (const piece of run) begin([piece]);
          complete();
        };
        try {
          subscriber.add(written(run).subscribe({ next: () => run.forEach(settle), error, complete }));
        } catch (defect) {
          subscriber.error(defect);
        }
      };
      /** For one that has to wait for the end of none. */
      const room = (): boolean => writes < least || (writes < most && pieceCount < allowed);
      const following = (): CheckedPiece[] => waiting.take(Math.max(1, Math.min(together, allowed - pieceCount)));
      /**
       * What waits is begun as long as there is room; neighbours not before they have to be: while two are under way
       * more may join them.
       */
      const goOn = (): void => {
        if (going) return;
        going = true;
        let run: readonly CheckedPiece[] = [];
        while (room() && (writes < least || run.length < 2) && (run = following()).length > 0) begin(run);
        going = false;
        if (over && writes === 0) subscriber.complete();
      };
      const take = (piece: CheckedPiece): void => {
        if (!piece.valid) settle(piece);
        else if (ordered || writes < least || (together === 1 && room()) || !waiting.add(piece)) begin([piece]);
      };
      const complete = (): void => {
        over = true;
        if (writes === 0) subscriber.complete();
      };
      subscriber.add(pieces.subscribe({ next: take, error: (error: unknown) => subscriber.error(error), complete }));
    });

const bytesOf = ({ bytes }: CheckedPiece): Uint8Array => bytes;

const isFull = (error: unknown): error is StorageError => error instanceof StorageError && error.code === 'full';

const outcomeOf = ({ valid, index, bytes, from }: CheckedPiece): PieceOutcome => ({
  type: valid ? 'stored' : 'corrupt',
  index,
  length: bytes.length,
  from: [...new Set(from)],
});

/** Writes a piece, if need be when there is room again. */
const patiently = (
  write: (piece: CheckedPiece) => Observable<unknown>,
  { report, retryEvery = 15_000 }: WritePiecesOptions,
) => {
  const waiting = new Set<CheckedPiece>();
  const waitForRoom = (piece: CheckedPiece, error: unknown): Observable<unknown> => {
    if (!isFull(error)) return throwError(() => error);
    if (waiting.size === 0) report?.({ type: 'warning', code: 'full', message: `${error.message}; waiting for room` });
    waiting.add(piece);
    return timer(retryEvery);
  };
  // A piece that still fits says nothing of room for those that did not.
  const wentOn = (piece: CheckedPiece): void => {
    if (waiting.delete(piece) && waiting.size === 0)
      report?.({ type: 'warning', code: 'room', message: 'there is room on the disk again; going on' });
  };
  return (piece: CheckedPiece): Observable<unknown> =>
    write(piece).pipe(
      // Most are written at once: what goes on trying is made for those that were not.
      catchError((error: unknown) =>
        waitForRoom(piece, error).pipe(
          switchMap(() => write(piece).pipe(retry({ delay: (again: unknown) => waitForRoom(piece, again) }))),
          tap(() => wentOn(piece)),
        ),
      ),
    );
};
