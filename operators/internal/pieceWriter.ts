import type { Observable, Subscriber } from 'rxjs';
import type { PieceOutcome } from '../../src/contracts/events.ts';
import type { CheckedPiece } from '../../src/contracts/peer.ts';
import { plainAddress } from '../../src/contracts/plain.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import type { Geometry } from '../../src/torrent/geometry.ts';
import { WriteSchedule } from '../../src/torrent/pieces/writeSchedule.ts';
import { isFull, patiently, type WritePiecesOptions } from './patiently.ts';

/** Is told what became of each piece. `PiecePicker` is one. */
export interface PieceLedger {
  readonly geometry: Geometry;
  /** Called after the piece's buffer is free again, and before its outcome is given. */
  settle(outcome: PieceOutcome): void;
}

/** The part of a `Storage` that pieces are written to. */
export type PieceStorage = Pick<Storage, 'write' | 'writev' | 'ordered'>;

/** The writes of one subscription to `writePieces`: one piece or several neighbours each, as the schedule says. */
export class PieceWriter {
  readonly #subscriber: Subscriber<PieceOutcome>;
  readonly #picker: PieceLedger;
  readonly #writev: Storage['writev'];
  readonly #schedule: WriteSchedule<CheckedPiece>;
  readonly #store: (piece: CheckedPiece) => Observable<unknown>;
  /** No more pieces are to come. */
  #over = false;
  #going = false;

  constructor(
    subscriber: Subscriber<PieceOutcome>,
    storage: PieceStorage,
    picker: PieceLedger,
    options: WritePiecesOptions,
  ) {
    const { geometry } = picker;
    const { ordered = false } = storage;
    this.#subscriber = subscriber;
    this.#picker = picker;
    this.#writev = storage.writev?.bind(storage);
    const adjoins = (index: number): boolean => geometry.adjoins(index);
    this.#schedule = new WriteSchedule(geometry.pieceLength, { ordered, joins: this.#writev !== undefined, adjoins });
    this.#store = patiently(({ index, bytes }) => storage.write(geometry.pieceOffset(index), bytes), options);
  }

  /** Writes a valid piece, now or together with its neighbours; a corrupt one is settled at once. */
  take(piece: CheckedPiece): void {
    if (!piece.valid) this.#settle(piece);
    else if (this.#schedule.add(piece)) this.#begin([piece]);
  }

  /** No more pieces come: completes after the last write. */
  close(): void {
    this.#over = true;
    if (this.#schedule.idle) this.#subscriber.complete();
  }

  #begin(run: readonly CheckedPiece[]): void {
    const subscriber = this.#subscriber;
    this.#schedule.began(run.length);
    const next = (): void => {
      for (const piece of run) this.#settle(piece);
    };
    const complete = (): void => {
      this.#schedule.ended(run.length);
      this.#goOn();
    };
    const error = (cause: unknown): void => {
      if (run.length === 1 || !isFull(cause)) return subscriber.error(cause);
      // There may be room for some of them.
      for (const piece of run) this.#begin([piece]);
      complete();
    };
    try {
      subscriber.add(this.#written(run).subscribe({ next, error, complete }));
    } catch (defect) {
      subscriber.error(defect);
    }
  }

  #written(run: readonly CheckedPiece[]): Observable<unknown> {
    const [first] = run as readonly [CheckedPiece];
    if (run.length === 1 || this.#writev === undefined) return this.#store(first);
    return this.#writev(this.#picker.geometry.pieceOffset(first.index), run.map(bytesOf));
  }

  #goOn(): void {
    if (this.#going) return;
    this.#going = true;
    for (let run = this.#schedule.next([]); run.length > 0; run = this.#schedule.next(run)) this.#begin(run);
    this.#going = false;
    if (this.#over && this.#schedule.idle) this.#subscriber.complete();
  }

  #settle(piece: CheckedPiece): void {
    const outcome = outcomeOf(piece);
    if (outcome.type === 'corrupt' && outcome.wrong) piece.keep?.(outcome.wrong);
    else piece.release();
    this.#picker.settle(outcome);
    this.#subscriber.next(outcome);
  }
}

const bytesOf = ({ bytes }: CheckedPiece): Uint8Array => bytes;

const outcomeOf = ({ valid, index, bytes, from, wrong, keep }: CheckedPiece): PieceOutcome => {
  const outcome = { index, length: bytes.length, from: [...new Set(from)].map(({ address }) => plainAddress(address)) };
  if (valid) return { type: 'stored', ...outcome };
  // Of a piece without a right block nothing is kept.
  const keeps = keep !== undefined && wrong !== undefined && wrong.length > 0 && wrong.length < from.length;
  return { type: 'corrupt', ...outcome, ...(keeps && { wrong }) };
};
