import type { Bitfield } from '../bitfield.ts';
import { type Front, SOON } from './front.ts';

/** A reader takes the bytes of a torrent in their order, while it is downloaded. */
export interface Reader {
  /** The piece that it takes next. */
  at: number;
  /** The last one that it takes. */
  readonly last: number;
}

/**
 * The readers, and where each of them is. Of the pieces that a reader needs soon, its next one first, missing ones are
 * begun before all others, and begun ones are hastened. If all pieces are taken in order there is a `front`, which is
 * all that counts then. Depends on the front, and on where readers are; they move themselves. Invariant: no reader is
 * behind its last piece.
 */
export class Readers {
  readonly #readers = new Set<Reader>();
  readonly #front: Front | undefined;
  readonly #soon: number;
  readonly #joined: () => void;
  /** Grows by one as soon as there is one more: what was asked for before that may have to wait. */
  jumps = 0;

  /** `joined` hears that there is one more. */
  constructor(pieceLength: number, front: Front | undefined, joined: () => void) {
    this.#front = front;
    this.#soon = Math.max(1, Math.floor(SOON / pieceLength));
    this.#joined = joined;
  }

  get any(): boolean {
    return this.#front !== undefined || this.#readers.size > 0;
  }

  /** Is anybody there, besides the front? */
  get reading(): boolean {
    return this.#readers.size > 0;
  }

  /** Pieces are taken from the first to the last. */
  get inOrder(): boolean {
    return this.#front !== undefined;
  }

  add(reader: Reader): void {
    this.#readers.add(reader);
    this.jumps++;
    this.#joined();
  }

  delete(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** Does a reader wait for this very piece? That of the front only if pieces behind it are `held` back. */
  awaits(index: number, held: boolean): boolean {
    if (this.#front !== undefined) return held && index === this.#front.index;
    for (const { at } of this.#readers) if (at === index) return true;
    return false;
  }

  /** May it be begun? */
  reaches(index: number): boolean {
    return this.#front?.reaches(index) ?? true;
  }

  /** It is missing again. */
  lost(index: number): void {
    this.#front?.lost(index);
  }

  /** Those of the pieces `begun` that are needed soon. */
  *soon<Piece>(begun: { get(index: number): Piece | undefined }): Generator<Piece> {
    if (this.#front !== undefined) yield* this.#front.soon(begun);
    for (const index of this.needed()) {
      const piece = begun.get(index);
      if (piece !== undefined) yield piece;
    }
  }

  /** The first that is needed soon, is among `missing`, and among `have`, the pieces of a peer. */
  of(missing: Bitfield, have: Bitfield): number | undefined {
    if (this.#front !== undefined) return this.#front.of(missing, have);
    if (this.#readers.size === 0) return undefined;
    for (const index of this.needed()) if (missing.has(index) && have.has(index)) return index;
    return undefined;
  }

  /**
   * The pieces that readers need soon: first the next one of each, then what follows these. So a reader that has
   * nothing waits for one that has more than it takes as little as that waits for it.
   */
  *needed(): Generator<number> {
    for (let ahead = 0; ahead <= this.#soon; ahead++)
      for (const { at, last } of this.#readers) if (at + ahead <= last) yield at + ahead;
  }

  /** `isBegun` of each of so many pieces. */
  check(pieceCount: number, isBegun: (index: number) => boolean): void {
    this.#front?.check();
    for (let index = 0; index < pieceCount; index++)
      if (isBegun(index) && !this.reaches(index)) throw new RangeError(`piece ${index} is begun before its time`);
    for (const { at, last } of this.#readers) if (at > last) throw new RangeError(`a reader at ${at} of ${last}`);
  }
}
