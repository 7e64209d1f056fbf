import { catchError, Observable, type OperatorFunction, retry, switchMap, tap, throwError, timer } from 'rxjs';
import type { CheckedPiece, PieceOutcome, Storage, Warning } from '../src/env.ts';
import { StorageError } from '../src/errors.ts';
import type { Geometry } from '../src/torrent/geometry.ts';

export interface WritePiecesOptions {
  /** Hears once that the disk is full, and once that it goes on. */
  readonly report?: (warning: Warning) => void;
  /** Milliseconds between looks at whether a full disk has room again. 15 s. */
  readonly retryEvery?: number;
}

/**
 * Pieces being written at one time: at the least, at the most, and in between as many as make so many bytes. More wait in the pool they
 * came from. As much as a busy wire brings before anybody hears that a write has ended: else the disk waits for us, and then we for the disk.
 */
export const WRITES_IN_FLIGHT = { least: 2, most: 64 } as const;
export const BYTES_IN_FLIGHT = 16 * 2 ** 20;

/**
 * Writes the valid pieces to disk, passes the corrupt ones, and releases both.
 *
 * ```
 * source  a-x----
 * gives   --(cs)-   s stored, c corrupt
 * ```
 *
 * A full disk is waited for: the piece keeps its buffer, so nothing more is asked for, and is tried again every `retryEvery`.
 * Any other `StorageError` (`denied`, `missing`, `io`) ends the stream.
 *
 * Not `mergeMap`: pieces come by the thousand, and what it makes for each costs as much as to ask for its blocks.
 */
export const writePieces =
  (storage: Pick<Storage, 'write'>, geometry: Geometry, options: WritePiecesOptions = {}): OperatorFunction<CheckedPiece, PieceOutcome> =>
  (pieces) =>
    new Observable((subscriber) => {
      const most = Math.max(WRITES_IN_FLIGHT.least, Math.min(WRITES_IN_FLIGHT.most, Math.floor(BYTES_IN_FLIGHT / geometry.pieceLength)));
      const store = patiently((piece) => storage.write(geometry.pieceOffset(piece.index), piece.bytes), options);
      const waiting: CheckedPiece[] = [];
      let writing = 0;
      let over = false;
      const error = (cause: unknown): void => subscriber.error(cause);
      const settle = (piece: CheckedPiece): void => {
        const outcome = outcomeOf(piece);
        piece.release();
        subscriber.next(outcome);
      };
      const begin = (piece: CheckedPiece): void => {
        writing++;
        const complete = (): void => {
          writing--;
          const following = waiting.shift();
          if (following !== undefined) begin(following);
          else if (over && writing === 0) subscriber.complete();
        };
        try {
          subscriber.add(store(piece).subscribe({ next: () => settle(piece), error, complete }));
        } catch (defect) {
          error(defect);
        }
      };
      const take = (piece: CheckedPiece): void => {
        if (!piece.valid) settle(piece);
        else if (writing < most) begin(piece);
        else waiting.push(piece);
      };
      const complete = (): void => {
        over = true;
        if (writing === 0) subscriber.complete();
      };
      subscriber.add(pieces.subscribe({ next: take, error, complete }));
    });

const outcomeOf = ({ valid, index, bytes, from }: CheckedPiece): PieceOutcome => ({
  type: valid ? 'stored' : 'corrupt',
  index,
  length: bytes.length,
  from: [...new Set(from)],
});

/** Writes a piece, if need be when there is room again. */
const patiently = (write: (piece: CheckedPiece) => Observable<unknown>, { report, retryEvery = 15_000 }: WritePiecesOptions) => {
  const waiting = new Set<CheckedPiece>();
  const waitForRoom = (piece: CheckedPiece, error: unknown): Observable<unknown> => {
    if (!(error instanceof StorageError) || error.code !== 'full') return throwError(() => error);
    if (waiting.size === 0) report?.({ type: 'warning', code: 'full', message: `${error.message}; waiting for room` });
    waiting.add(piece);
    return timer(retryEvery);
  };
  // A piece that still fits says nothing of room for those that did not.
  const wentOn = (piece: CheckedPiece): void => {
    if (waiting.delete(piece) && waiting.size === 0) report?.({ type: 'warning', code: 'room', message: 'there is room on the disk again; going on' });
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
