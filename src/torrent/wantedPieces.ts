import type { Availability } from './availability.ts';
import { Bitfield } from './bitfield.ts';
import type { Candidate, PieceOrder } from './pieceOrder.ts';

/** Pieces remembered for a peer between two looks at all pieces. */
const SHORTLIST = 64;
/** A shortlist is made anew when more than one in so many availabilities has changed. */
const STALENESS = 64;

class Scratch implements Candidate {
  index = 0;
  availability = 0;
  priority = 0;
  missing = 0;
  stored = 0;
  salt = 0;
}

interface Shortlist {
  /** Best last, so that taking is `pop`. */
  readonly pieces: number[];
  readonly version: number;
  /** Nothing was left out for want of room. */
  readonly complete: boolean;
}

/**
 * The pieces nobody has begun, and which of them a peer should begin next. The choice depends on: the order, the
 * availability, the priorities, what the peer has, and one random salt a piece. All pieces are looked at only once for
 * {@link SHORTLIST} choices, because a look at 100,000 pieces costs a millisecond.
 * Invariant: `missing` has the bit of a piece exactly while it is neither begun, nor stored, nor excluded.
 */
export class WantedPieces<Who extends object> {
  readonly missing: Bitfield;
  readonly #availability: Availability<Who>;
  readonly #order: PieceOrder;
  readonly #salts: Uint32Array;
  readonly #priorities: Int8Array;
  #shortlists = new WeakMap<Who, Shortlist>();
  #stored = 0;
  readonly #a = new Scratch();
  readonly #b = new Scratch();

  constructor(pieceCount: number, availability: Availability<Who>, order: PieceOrder, random: () => number) {
    this.missing = new Bitfield(pieceCount);
    this.missing.setAll();
    this.#availability = availability;
    this.#order = order;
    this.#salts = Uint32Array.from({ length: pieceCount }, () => random() * 2 ** 32);
    this.#priorities = new Int8Array(pieceCount);
  }

  /** −128 to 127; higher is asked for first by `byPriority`. */
  prioritise(piece: number, priority: number): void {
    this.#priorities[piece] = priority;
    this.#shortlists = new WeakMap();
  }

  begin(piece: number): void {
    this.missing.clear(piece);
  }

  /** It is missing again: nobody's shortlist knows of it. */
  giveBack(piece: number): void {
    this.missing.set(piece);
    this.#shortlists = new WeakMap();
  }

  stored(piece: number): void {
    this.missing.clear(piece);
    this.#stored++;
    if (this.#stored <= 16) this.#shortlists = new WeakMap();
  }

  /** The best missing piece that `who`, who has `have`, can give; undefined if there is none. */
  best(who: Who, have: Bitfield): number | undefined {
    if (this.missing.count === 0) return undefined;
    const list = this.#shortlists.get(who);
    if (list !== undefined && this.#availability.version - list.version <= this.missing.length / STALENESS) {
      const piece = this.#take(list, have);
      if (piece !== undefined || (list.complete && list.version === this.#availability.version)) return piece;
    }
    return this.#take(this.#look(who, have), have);
  }

  #take(list: Shortlist, have: Bitfield): number | undefined {
    for (let piece = list.pieces.at(-1); piece !== undefined; piece = list.pieces.at(-1)) {
      if (this.missing.has(piece) && have.has(piece)) return piece;
      list.pieces.pop();
    }
    return undefined;
  }

  /** Looks at all pieces and remembers the best. */
  #look(who: Who, have: Bitfield): Shortlist {
    const best: number[] = [];
    const wanted = this.missing.bytes;
    const had = have.bytes;
    this.#a.missing = this.#b.missing = this.missing.count;
    this.#a.stored = this.#b.stored = this.#stored;
    for (let at = 0; at < wanted.length; at++) {
      let byte = (wanted[at] as number) & (had[at] as number);
      while (byte !== 0) {
        const bit = Math.clz32(byte) - 24;
        byte &= ~(0x80 >> bit);
        this.#insert(best, at * 8 + bit);
      }
    }
    const list = { pieces: best.reverse(), version: this.#availability.version, complete: best.length < SHORTLIST };
    this.#shortlists.set(who, list);
    return list;
  }

  /** Keeps `best` sorted, best first, and at most {@link SHORTLIST} long. */
  #insert(best: number[], piece: number): void {
    this.#fill(this.#a, piece);
    if (best.length === SHORTLIST && this.#compare(best[SHORTLIST - 1] as number) >= 0) return;
    let low = 0;
    let high = best.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(best[middle] as number) < 0) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, piece);
    if (best.length > SHORTLIST) best.pop();
  }

  /** Negative if the piece in `#a` comes before `other`. */
  #compare(other: number): number {
    this.#fill(this.#b, other);
    return this.#order(this.#a, this.#b);
  }

  #fill(scratch: Scratch, piece: number): void {
    scratch.index = piece;
    scratch.availability = this.#availability.of(piece);
    scratch.priority = this.#priorities[piece] as number;
    scratch.salt = this.#salts[piece] as number;
  }
}
