import { Bitfield } from './bitfield.ts';

/**
 * How many connected peers have each piece. Whoever has all pieces is only counted, so that a seed costs nothing.
 * Depends on: what each peer told us. Invariant: `of(p)` = peers whose remembered bitfield has p.
 */
export class Availability<Who> {
  readonly #counts: Uint16Array;
  readonly #known = new Map<Who, Bitfield>();
  readonly #seeds = new Set<Who>();
  /** Grows by one with each count that changes; tells whether what was derived from them is still true. */
  version = 0;
  /** All counts together. */
  sum = 0;

  constructor(pieceCount: number) {
    this.#counts = new Uint16Array(pieceCount);
  }

  /** Peers that have `piece`. */
  of(piece: number): number {
    return (this.#counts[piece] as number) + this.#seeds.size;
  }

  /** They told us all that they have. */
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

  /** They have one piece more. */
  gained(who: Who, piece: number): void {
    if (this.#seeds.has(who)) return;
    let known = this.#known.get(who);
    if (known === undefined) this.#known.set(who, (known = new Bitfield(this.#counts.length)));
    if (!known.set(piece)) return;
    this.#counts[piece] = (this.#counts[piece] as number) + 1;
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

  #add(field: Bitfield, by: 1 | -1): void {
    this.version += field.count;
    this.sum += by * field.count;
    for (let at = 0; at < field.bytes.length; at++) {
      if (field.bytes[at] === 0) continue;
      for (let piece = at * 8; piece < Math.min(at * 8 + 8, field.length); piece++) {
        if (field.has(piece)) this.#counts[piece] = (this.#counts[piece] as number) + by;
      }
    }
  }

  check(): void {
    const sums = new Uint16Array(this.#counts.length);
    for (const known of this.#known.values()) for (let piece = 0; piece < sums.length; piece++) if (known.has(piece)) sums[piece] = (sums[piece] as number) + 1;
    if (this.sum !== sums.reduce((sum, one) => sum + one, 0)) throw new RangeError('availability miscounts its sum');
    if (sums.some((sum, piece) => sum !== this.#counts[piece])) throw new RangeError('availability is not the sum of the bitfields');
  }
}
