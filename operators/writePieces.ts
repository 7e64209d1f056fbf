import { catchError, defer, map, mergeMap, type Observable, of, type OperatorFunction, retry, switchMap, throwError, timer } from 'rxjs';
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
 * Pieces being written at one time, and bytes if the pieces are small; more wait in the pool they came from. Few: writes to one
 * file wait for each other in the kernel, and spin there.
 */
export const WRITES_IN_FLIGHT = 2;
export const BYTES_IN_FLIGHT = 4 * 2 ** 20;

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
 */
export const writePieces = (
  storage: Pick<Storage, 'write'>,
  geometry: Geometry,
  { report, retryEvery = 15_000 }: WritePiecesOptions = {},
): OperatorFunction<CheckedPiece, PieceOutcome> => {
  return (pieces) =>
    defer(() => {
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
      const write = (piece: CheckedPiece): Observable<unknown> => storage.write(geometry.pieceOffset(piece.index), piece.bytes);
      const store = (piece: CheckedPiece): Observable<unknown> =>
        write(piece).pipe(
          // Pieces are many, and most are written at once: what goes on trying is made for those that were not.
          catchError((error: unknown) =>
            waitForRoom(piece, error).pipe(switchMap(() => write(piece).pipe(retry({ delay: (again: unknown) => waitForRoom(piece, again) })))),
          ),
        );
      return pieces.pipe(
        mergeMap(
          (piece) => {
            const outcome: PieceOutcome = {
              type: piece.valid ? 'stored' : 'corrupt',
              index: piece.index,
              length: piece.bytes.length,
              from: [...new Set(piece.from)],
            };
            return (piece.valid ? store(piece) : of(0)).pipe(
              map(() => {
                wentOn(piece);
                piece.release();
                return outcome;
              }),
            );
          },
          Math.max(WRITES_IN_FLIGHT, Math.floor(BYTES_IN_FLIGHT / geometry.pieceLength)),
        ),
      );
    });
};
