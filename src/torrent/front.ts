import type { Bitfield } from './bitfield.ts';

/** What is there, and what nobody wants. `PiecePicker` is one. */
interface Settled {
  readonly stored: Bitfield;
  readonly excluded: ReadonlySet<number>;
}

/** Bytes from the front on that a reader needs soon: nobody who keeps us waiting is left alone with them. */
const SOON = 4 * 2 ** 20;

/**
 * Where somebody who takes pieces in their order has got to: the front is the first piece that is wanted and not stored. Only pieces less than
 * `reach` behind it may be begun, so there is always room for the front itself, even when it has come out corrupt while all behind it wait.
 * Depends on what is stored and excluded. Invariant: nothing wanted before the front is missing.
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

  /** The front, if it is among `missing` and they have it. */
  of(missing: Bitfield, have: Bitfield): number | undefined {
    const { index } = this;
    return index < missing.length && missing.has(index) && have.has(index) ? index : undefined;
  }

  /** `piece` is missing again, or wanted after all. */
  lost(piece: number): void {
    this.#at = Math.min(this.#at, piece);
  }
}
