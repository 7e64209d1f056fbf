import { Observable, type OperatorFunction } from 'rxjs';
import type { PieceOutcome } from '../src/contracts/events.ts';
import type { CheckedPiece } from '../src/contracts/peer.ts';
import type { WritePiecesOptions } from './internal/patiently.ts';
import { type PieceLedger, type PieceStorage, PieceWriter } from './internal/pieceWriter.ts';

export type { WritePiecesOptions } from './internal/patiently.ts';
export type { PieceLedger } from './internal/pieceWriter.ts';

/**
 * Writes the valid pieces to disk, passes the corrupt ones, releases both, and settles them with the picker.
 *
 * ```
 * source  a-x----
 * gives   --(cs)-   s stored, c corrupt
 * ```
 *
 * Pieces that come while two writes are under way wait until one has ended. Then neighbouring pieces are written
 * together, if the storage has `writev`: a file takes one write at a time, and many small writes cost more than a large
 * one. Pieces without neighbours are all written at once.
 *
 * If writes depend on one another (`ordered`), each starts at once: the piece that all others wait for may come last.
 *
 * The `picker` is told of each outcome here, and must not be told again. It then requests corrupt pieces anew, and has
 * memory for new ones.
 *
 * A full disk is waited for: the piece keeps its buffer, so nothing more is requested, and its write is repeated every
 * `retryEvery`. Any other `StorageError` (`denied`, `missing`, `io`) ends the stream.
 *
 * Not `mergeMap`: there are thousands of pieces, and what `mergeMap` creates for each costs as much as to request its
 * blocks.
 *
 * @example
 * checkedPieces$.pipe(
 *   writePieces(storage, picker, { report: ({ message }) => console.warn(message) }),
 *   tap(({ type, index }) => console.log(`piece ${index} is ${type}`)),
 * );
 */
export const writePieces =
  (
    storage: PieceStorage,
    picker: PieceLedger,
    options: WritePiecesOptions = {},
  ): OperatorFunction<CheckedPiece, PieceOutcome> =>
  (pieces) =>
    new Observable((subscriber) => {
      const writer = new PieceWriter(subscriber, storage, picker, options);
      subscriber.add(
        pieces.subscribe({
          next: (piece) => writer.take(piece),
          error: (error: unknown) => subscriber.error(error),
          complete: () => writer.close(),
        }),
      );
    });
