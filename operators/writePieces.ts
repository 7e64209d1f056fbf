import { Observable, type OperatorFunction } from 'rxjs';
import type { PieceOutcome } from '../src/contracts/events.ts';
import type { CheckedPiece } from '../src/contracts/peer.ts';
import type { Storage } from '../src/contracts/storage.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { plainAddress } from '../src/contracts/plain.ts';
import { WriteSchedule } from '../src/torrent/pieces/writeSchedule.ts';
import { isFull, patiently, type WritePiecesOptions } from './internal/patiently.ts';

export type { WritePiecesOptions } from './internal/patiently.ts';

/** Is told what became of each piece. `PiecePicker` is one. */
export interface PieceLedger {
  readonly geometry: Geometry;
  /** Called after the piece's buffer is free again, and before its outcome is given. */
  settle(outcome: PieceOutcome): void;
}

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
    storage: Pick<Storage, 'write' | 'writev' | 'ordered'>,
    picker: PieceLedger,
    options: WritePiecesOptions = {},
  ): OperatorFunction<CheckedPiece, PieceOutcome> =>
  (pieces) =>
    new Observable((subscriber) => {
      const { geometry } = picker;
      const { ordered = false } = storage;
      const writev = storage.writev?.bind(storage);
      const schedule = new WriteSchedule<CheckedPiece>(geometry.pieceLength, { ordered, joins: writev !== undefined });
      const store = patiently(
        (piece: CheckedPiece) => storage.write(geometry.pieceOffset(piece.index), piece.bytes),
        options,
      );
      let over = false;
      let going = false;
      const settle = (piece: CheckedPiece): void => {
        const outcome = outcomeOf(piece);
        piece.release();
        picker.settle(outcome);
        subscriber.next(outcome);
      };
      const written = (run: readonly CheckedPiece[]): Observable<unknown> => {
        const [first] = run as readonly [CheckedPiece];
        if (run.length === 1 || writev === undefined) return store(first);
        return writev(geometry.pieceOffset(first.index), run.map(bytesOf));
      };
      const begin = (run: readonly CheckedPiece[]): void => {
        schedule.began(run.length);
        const complete = (): void => {
          schedule.ended(run.length);
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
      const goOn = (): void => {
        if (going) return;
        going = true;
        for (let run = schedule.next([]); run.length > 0; run = schedule.next(run)) begin(run);
        going = false;
        if (over && schedule.idle) subscriber.complete();
      };
      const take = (piece: CheckedPiece): void => {
        if (!piece.valid) settle(piece);
        else if (schedule.add(piece)) begin([piece]);
      };
      const complete = (): void => {
        over = true;
        if (schedule.idle) subscriber.complete();
      };
      subscriber.add(pieces.subscribe({ next: take, error: (error: unknown) => subscriber.error(error), complete }));
    });

const bytesOf = ({ bytes }: CheckedPiece): Uint8Array => bytes;

const outcomeOf = ({ valid, index, bytes, from }: CheckedPiece): PieceOutcome => ({
  type: valid ? 'stored' : 'corrupt',
  index,
  length: bytes.length,
  from: [...new Set(from)].map(({ address }) => plainAddress(address)),
});
