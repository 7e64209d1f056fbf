import { Observable, type OperatorFunction } from 'rxjs';
import type { PieceOutcome } from '../src/contracts/events.ts';
import type { CheckedPiece } from '../src/contracts/peer.ts';
import type { Storage } from '../src/contracts/storage.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { plainAddress } from '../src/contracts/plain.ts';
import { WriteSchedule } from '../src/torrent/pieces/writeSchedule.ts';
import { isFull, patiently, type WritePiecesOptions } from './internal/patiently.ts';

export type { WritePiecesOptions } from './internal/patiently.ts';

/** Hears what became of each piece. `PiecePicker` is one. */
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
 * What comes while two writes are under way waits for the end of one, and is then written together with its neighbours,
 * if the storage has `writev`: a file takes one write at a time, and many small ones cost more than a large one. Pieces
 * without neighbours then go all at one time.
 *
 * If writes wait for one another (`ordered`), each starts at once: the one that the others wait for may come last.
 *
 * The `picker` is told of each outcome here, and must not be told again: so it asks for corrupt pieces anew, and has
 * memory for new ones.
 *
 * A full disk is waited for: the piece keeps its buffer, so nothing more is asked for, and is tried again every
 * `retryEvery`. Any other `StorageError` (`denied`, `missing`, `io`) ends the stream.
 *
 * Not `mergeMap`: pieces come by the thousand, and what it makes for each costs as much as to ask for its blocks.
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
