import type { Bitfield } from '../bitfield.ts';

/** The stored pieces, and those that are not wanted. `PiecePicker` is one. */
interface Settled {
  readonly stored: Bitfield;
  readonly excluded: ReadonlySet<number>;
}

/** Bytes that a reader needs soon, counted from the front: other peers are asked for them when one is overdue. */
export const SOON = 4 * 2 ** 20;

/**
 * How far a reader that takes pieces in order has come: the front is the first wanted piece that is not stored. Only
 * pieces less than `reach` after it may be begun. So there is always room for the front itself, even if it turns out
 * corrupt while all pieces after it wait. Depends on what is stored and excluded. Invariant: nothing wanted before the
 * front is missing.
 */
export class Front {
  readonly #settled: Settled;
  readonly #reach: number;
  readonly #soon: number;
  #at = 0;

  constructor(settled: Settled, reach: number, pieceLength: number) {
    this.#settled = settled;
    this.#reach = reach;
    this.#soon = Math.max(1, Math.floor(SOON / pieceLength));
  }

  /** The number of pieces when all are there. */
  get index(): number {
    const { stored, excluded } = this.#settled;
    while (this.#at < stored.length && (stored.has(this.#at) || excluded.has(this.#at))) this.#at++;
    return this.#at;
  }

  /** May `piece` be begun? */
  reaches(piece: number): boolean {
    return piece < this.index + this.#reach;
  }

  /** Those of the pieces `begun` that are needed soon, the front first. */
  *soon<Piece>(begun: { get(index: number): Piece | undefined }): Generator<Piece> {
    const end = Math.min(this.index + this.#soon, this.#settled.stored.length);
    for (let index = this.index; index < end; index++) {
      const piece = begun.get(index);
      if (piece !== undefined) yield piece;
    }
  }

  /** The front, if it is among `missing`, and among `have`, the pieces of a peer. */
  of(missing: Bitfield, have: Bitfield): number | undefined {
    const { index } = this;
    return index < missing.length && missing.has(index) && have.has(index) ? index : undefined;
  }

  /** `piece` is missing again, or wanted after all. */
  lost(piece: number): void {
    this.#at = Math.min(this.#at, piece);
  }

  check(): void {
    const { stored, excluded } = this.#settled;
    for (let piece = 0; piece < this.#at; piece++)
      if (!stored.has(piece) && !excluded.has(piece))
        throw new RangeError(`piece ${piece} is missing before the front`);
  }
}
