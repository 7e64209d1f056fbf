import { Bitfield } from '../bitfield.ts';

/**
 * How many connected peers have each piece. A peer that has all pieces is only counted, so that a seed costs nothing.
 * Depends on: what each peer told us. Invariant: `of(p)` = peers whose remembered bitfield has p.
 */
export class Availability<Who> {
  /** For each piece the peers that have it and are no seeds. */
  readonly counts: Uint16Array;
  readonly #known = new Map<Who, Bitfield>();
  readonly #seeds = new Set<Who>();
  /** Grows by one with each count that changes; tells whether what was derived from them is still true. */
  version = 0;
  /** All counts together. */
  sum = 0;

  constructor(pieceCount: number) {
    this.counts = new Uint16Array(pieceCount);
  }

  /** Peers that have `piece`. */
  of(piece: number): number {
    return (this.counts[piece] as number) + this.#seeds.size;
  }

  /** No piece has a higher one of `counts`. */
  get most(): number {
    return this.#known.size;
  }

  /** The peer has told us all that it has. */
  told(who: Who, have: Bitfield): void {
    this.left(who);
    if (have.full) {
      // All counts change alike: no order does.
      this.version++;
      this.#seeds.add(who);
      return;
    }
    const known = Bitfield.from(have.bytes, have.length);
    this.#known.set(who, known);
    this.#add(known, 1);
  }

  /** The peer has one piece more. */
  gained(who: Who, piece: number): void {
    if (this.#seeds.has(who)) return;
    let known = this.#known.get(who);
    if (known === undefined) this.#known.set(who, (known = new Bitfield(this.counts.length)));
    if (!known.set(piece)) return;
    this.counts[piece] = (this.counts[piece] as number) + 1;
    this.version++;
    this.sum++;
    if (!known.full) return;
    this.left(who);
    this.#seeds.add(who);
  }

  left(who: Who): void {
    if (this.#seeds.delete(who)) {
      this.version++;
      return;
    }
    const known = this.#known.get(who);
    if (known === undefined) return;
    this.#known.delete(who);
    this.#add(known, -1);
  }

  #add({ bytes, count }: Bitfield, by: 1 | -1): void {
    const { counts } = this;
    this.version += count;
    this.sum += by * count;
    for (let at = 0; at < bytes.length; at++) {
      // The highest bit is the first piece; spare ones are zero.
      for (let bits = bytes[at] as number, piece = at * 8; bits !== 0; bits = (bits << 1) & 0xff, piece++) {
        if (bits >= 0x80) counts[piece] = (counts[piece] as number) + by;
      }
    }
  }

  check(): void {
    const sums = new Uint16Array(this.counts.length);
    for (const known of this.#known.values())
      for (let piece = 0; piece < sums.length; piece++) if (known.has(piece)) sums[piece] = (sums[piece] as number) + 1;
    if (this.sum !== sums.reduce((sum, one) => sum + one, 0)) throw new RangeError('availability miscounts its sum');
    if (sums.some((sum, piece) => sum !== this.counts[piece]))
      throw new RangeError('availability is not the sum of the bitfields');
  }
}
