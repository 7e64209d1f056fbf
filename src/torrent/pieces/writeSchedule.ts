import { PieceRuns } from './pieceRuns.ts';

/**
 * Pieces being written at one time: at the least, at the most, and in between as many as make so many bytes. More wait
 * in the pool they came from.
 */
export const WRITES_IN_FLIGHT = { least: 2, most: 64 } as const;
export const BYTES_IN_FLIGHT = 16 * 2 ** 20;
/** Bytes of neighbours that are written at once. */
export const BYTES_PER_WRITE = 4 * 2 ** 20;

export interface WriteScheduleOptions {
  /** Writes wait for one another, in the order of the pieces: the one that the others wait for may come last. */
  readonly ordered: boolean;
  /** Neighbours can be written at one time. */
  readonly joins: boolean;
  /** Does the next piece begin where this one ends? Always, if not given. */
  readonly adjoins?: (index: number) => boolean;
}

/**
 * Which pieces are written now, and which of them together. Depends on how many writes are under way, and how many
 * pieces are in them; what waits, waits here. Invariant: the writes under way have at least one piece each.
 */
export class WriteSchedule<Piece extends { readonly index: number }> {
  readonly #waiting: PieceRuns<Piece>;
  readonly #ordered: boolean;
  /** Pieces that may be in all writes, and in one. */
  readonly #allowed: number;
  readonly #together: number;
  #writes = 0;
  #pieces = 0;

  constructor(pieceLength: number, { ordered, joins, adjoins }: WriteScheduleOptions) {
    this.#waiting = new PieceRuns(adjoins);
    this.#ordered = ordered;
    this.#allowed = Math.max(WRITES_IN_FLIGHT.least, Math.floor(BYTES_IN_FLIGHT / pieceLength));
    this.#together = joins ? Math.max(1, Math.floor(BYTES_PER_WRITE / pieceLength)) : 1;
  }

  /** No write is under way. */
  get idle(): boolean {
    return this.#writes === 0;
  }

  /** True if `piece` is to be written at once, alone; otherwise it waits until `next` gives it. */
  add(piece: Piece): boolean {
    if (this.#ordered || this.#writes < WRITES_IN_FLIGHT.least) return true;
    return (this.#together === 1 && this.#hasRoom) || !this.#waiting.add(piece);
  }

  began(pieces: number): void {
    this.#writes++;
    this.#pieces += pieces;
  }

  ended(pieces: number): void {
    this.#writes--;
    this.#pieces -= pieces;
  }

  /**
   * The neighbours to write next, after `last`, which has just been begun; none if they are to wait. What waits is
   * begun as long as there is room; neighbours not before they have to be: while two writes are under way more may join
   * them.
   */
  next(last: readonly Piece[]): readonly Piece[] {
    if (!this.#hasRoom || (this.#writes >= WRITES_IN_FLIGHT.least && last.length >= 2)) return [];
    return this.#waiting.take(Math.max(1, Math.min(this.#together, this.#allowed - this.#pieces)));
  }

  /** For one that has to wait for the end of none. */
  get #hasRoom(): boolean {
    const { least, most } = WRITES_IN_FLIGHT;
    return this.#writes < least || (this.#writes < most && this.#pieces < this.#allowed);
  }

  check(): void {
    if (this.#pieces < this.#writes || this.#writes < 0)
      throw new RangeError(`${this.#writes} writes of ${this.#pieces} pieces`);
  }
}
