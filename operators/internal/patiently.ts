import { catchError, type Observable, retry, switchMap, tap, throwError, timer } from 'rxjs';
import { StorageError } from '../../src/contracts/errors.ts';
import type { Warning } from '../../src/contracts/events.ts';

export interface WritePiecesOptions {
  /** Hears once that the disk is full, and once that it goes on. */
  readonly report?: (warning: Warning) => void;
  /** Milliseconds between looks at whether a full disk has room again. 15 s. */
  readonly retryEvery?: number;
}

export const isFull = (error: unknown): error is StorageError => error instanceof StorageError && error.code === 'full';

/**
 * Writes a piece, and if the disk is full, again and again until there is room.
 *
 * ```
 * write   #   |     full, then written
 * gives   ----|     retryEvery 4
 * report  w---w
 * ```
 */
export const patiently = <Piece>(
  write: (piece: Piece) => Observable<unknown>,
  { report, retryEvery = 15_000 }: WritePiecesOptions,
) => {
  const waiting = new Set<Piece>();
  const waitForRoom = (piece: Piece, error: unknown): Observable<unknown> => {
    if (!isFull(error)) return throwError(() => error);
    if (waiting.size === 0) report?.({ type: 'warning', code: 'full', message: `${error.message}; waiting for room` });
    waiting.add(piece);
    return timer(retryEvery);
  };
  // A piece that still fits says nothing of room for those that did not.
  const wentOn = (piece: Piece): void => {
    if (waiting.delete(piece) && waiting.size === 0)
      report?.({ type: 'warning', code: 'room', message: 'there is room on the disk again; going on' });
  };
  return (piece: Piece): Observable<unknown> =>
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
