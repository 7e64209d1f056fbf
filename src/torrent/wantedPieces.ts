import type { Availability } from './availability.ts';
import { Bitfield } from './bitfield.ts';
import { LazySort } from './lazySort.ts';
import { type Candidate, defaultOrder, type PieceOrder } from './pieceOrder.ts';

/** Of as many pieces, or of as many known to be had, one change is borne with before the order is made anew. */
const PIECES_PER_CHANGE = 64;
const KNOWN_PER_CHANGE = 8;
/** The order is made anew when one in so many of its pieces was begun. */
const PIECES_PER_ORDER = 16;
/** Pieces that may come back before the order is made anew. */
const MAX_RETURNED = 64;
/** An order may look at the number of stored pieces while it is small. */
const FEW_STORED = 16;
/** A peer that has one in so many pieces more than when it last began at the front begins there again. */
const PIECES_PER_RETURN = 1024;

class Scratch implements Candidate {
  index = 0;
  availability = 0;
  priority = 0;
  missing = 0;
  stored = 0;
  salt = 0;
}

/** The missing pieces as they were ordered at one time. */
interface Ordered {
  readonly pieces: LazySort;
  readonly version: number;
  /** Changes of the availability that make it stale. */
  readonly patience: number;
  /** How far each peer has looked: it lacks what is before, or that was not missing. */
  readonly places: WeakMap<object, Place>;
  begun: number;
}

interface Place {
  at: number;
  /** Pieces the peer had when it last was at the front, or came to the end. */
  had: number;
}

/**
 * The pieces nobody has begun, and which of them a peer should begin next. The choice depends on: the order, the
 * availability, the priorities, what the peer has and suggests, and one random salt a piece, which breaks all ties. One order for all
 * peers, sorted only as far as they look and made anew when too much has changed: a look at 100,000 pieces costs a
 * millisecond, and 200 peers want the same ones.
 * Invariant: `missing` has the bit of a piece exactly while it is neither begun, nor stored, nor excluded.
 */
export class WantedPieces<Who extends object> {
  readonly missing: Bitfield;
  readonly #availability: Availability<Who>;
  readonly #order: PieceOrder;
  readonly #salts: Uint32Array;
  readonly #priorities: Int8Array;
  #ordered: Ordered | undefined;
  /** Missing again since the order was made: they come before their place in it, or have none. */
  readonly #returned = new Set<number>();
  #stored = 0;
  readonly #a = new Scratch();
  readonly #b = new Scratch();
  readonly #before = (one: number, other: number): number => this.#compare(one, other);

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
    this.#ordered = undefined;
  }

  begin(piece: number): void {
    this.missing.clear(piece);
    this.#returned.delete(piece);
    if (this.#ordered !== undefined) this.#ordered.begun++;
  }

  /** It is missing again. */
  giveBack(piece: number): void {
    this.missing.set(piece);
    this.#returned.add(piece);
    if (this.#returned.size > MAX_RETURNED) this.#ordered = undefined;
  }

  stored(piece: number): void {
    this.missing.clear(piece);
    this.#returned.delete(piece);
    this.#stored++;
    if (this.#stored <= FEW_STORED) this.#ordered = undefined;
  }

  /** It was stored, and is missing again. */
  lost(piece: number): void {
    this.#stored--;
    this.giveBack(piece);
  }

  /** The best missing piece that `who`, who has `have`, can give, of those it has `suggested` if it may choose; undefined if there is none. */
  best(who: Who, have: Bitfield, suggested: Iterable<number> = []): number | undefined {
    if (this.missing.count === 0) return undefined;
    const ordered = this.#fresh();
    let best = this.#next(ordered, who, have);
    for (const piece of this.#returned) if (have.has(piece) && (best === undefined || this.#compare(piece, best) < 0)) best = piece;
    return best === undefined || this.#order !== defaultOrder ? best : (this.#bestOf(suggested, have, this.#priorities[best] as number) ?? best);
  }

  /** The first missing piece of `have` that will do. */
  any(have: Bitfield, does: (piece: number) => boolean): number | undefined {
    for (let piece = 0; piece < have.length; piece++) if (this.missing.has(piece) && have.has(piece) && does(piece)) return piece;
    return undefined;
  }

  /** Whoever gives a piece may say which, as long as people want no other sooner: an order of theirs is not to be overruled, nor are priorities. */
  #bestOf(suggested: Iterable<number>, have: Bitfield, priority: number): number | undefined {
    let best: number | undefined;
    for (const piece of suggested) {
      if (!this.missing.has(piece) || !have.has(piece) || (this.#priorities[piece] as number) < priority) continue;
      if (best === undefined || this.#compare(piece, best) < 0) best = piece;
    }
    return best;
  }

  #fresh(): Ordered {
    const old = this.#ordered;
    if (old !== undefined && this.#availability.version - old.version <= old.patience && old.begun * PIECES_PER_ORDER <= old.pieces.length) return old;
    this.#a.missing = this.#b.missing = this.missing.count;
    this.#a.stored = this.#b.stored = this.#stored;
    this.#returned.clear();
    const { version, sum } = this.#availability;
    const pieceCount = this.missing.length;
    // Each of the peers that join at first changes everything; none of the hundredth does.
    const patience = Math.min(pieceCount, Math.max(pieceCount / PIECES_PER_CHANGE, sum / KNOWN_PER_CHANGE));
    this.#ordered = { pieces: new LazySort(piecesOf(this.missing), this.#before), version, patience, places: new WeakMap(), begun: 0 };
    return this.#ordered;
  }

  #next({ pieces, places }: Ordered, who: Who, have: Bitfield): number | undefined {
    let place = places.get(who);
    if (place === undefined) places.set(who, (place = { at: 0, had: have.count }));
    const gained = have.count - place.had;
    if (gained > 0 && gained * PIECES_PER_RETURN >= have.length) [place.at, place.had] = [0, have.count];
    const piece = this.#from(place, pieces, have);
    if (piece !== undefined || have.count === place.had) return piece;
    place.had = have.count;
    if (share(this.missing.bytes, have.bytes)) place.at = 0;
    return this.#from(place, pieces, have);
  }

  #from(place: Place, pieces: LazySort, have: Bitfield): number | undefined {
    for (; place.at < pieces.length; place.at++) {
      const piece = pieces.at(place.at);
      if (this.missing.has(piece) && have.has(piece)) return piece;
    }
    return undefined;
  }

  #compare(one: number, other: number): number {
    this.#fill(this.#a, one);
    this.#fill(this.#b, other);
    return this.#order(this.#a, this.#b) || this.#a.salt - this.#b.salt;
  }

  #fill(scratch: Scratch, piece: number): void {
    scratch.index = piece;
    scratch.availability = this.#availability.of(piece);
    scratch.priority = this.#priorities[piece] as number;
    scratch.salt = this.#salts[piece] as number;
  }
}

const piecesOf = (field: Bitfield): Uint32Array => {
  const pieces = new Uint32Array(field.count);
  let found = 0;
  for (let piece = 0; found < pieces.length; piece++) if (field.has(piece)) pieces[found++] = piece;
  return pieces;
};

const share = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let at = 0; at < a.length; at++) if (((a[at] as number) & (b[at] as number)) !== 0) return true;
  return false;
};
