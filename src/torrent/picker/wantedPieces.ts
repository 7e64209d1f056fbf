import type { Availability } from './availability.ts';
import { Bitfield } from '../bitfield.ts';
import { countingSort } from './countingSort.ts';
import type { Shape } from '../geometry.ts';
import { LazySort } from './lazySort.ts';
import { bySalt, piecesOf, saltsOf } from './salts.ts';
import { type PieceOrder, type Rank, spreads } from './pieceOrder.ts';
import { NONE, type Scratch, scratch, type Stock } from './scratch.ts';

/** The order is rebuilt after one availability change per so many pieces, or per so many known copies. */
const PIECES_PER_CHANGE = 64;
const KNOWN_PER_CHANGE = 8;
/** The order is rebuilt when one in so many of its pieces was begun behind a piece that was not. */
const PIECES_PER_ORDER = 16;
/** Pieces that may come back before the order is rebuilt. */
const MAX_RETURNED = 64;
/** An order of the user's own may look at the number of stored pieces while it is small. */
const FEW_STORED = 16;
/** A peer that has one in so many pieces more than when it last began at the front begins there again. */
const PIECES_PER_RETURN = 1024;
/** The highest priority. */
const HIGHEST = 127;
/**
 * Bytes of pieces that follow each other wherever nothing but chance decides, so that they can be written at once; and
 * how many such extents a torrent has at the least.
 */
const EXTENT = 2 ** 22;
const MIN_EXTENTS = 256;

/** How many pieces an extent is. Through a swarm they spread as one larger piece would. */
export const extentOf = ({ length, pieceLength }: Shape): number =>
  Math.max(1, Math.floor(Math.min(EXTENT, length / MIN_EXTENTS) / pieceLength));

/** The missing pieces in the order of the last rebuild. */
interface Ordered {
  readonly pieces: Uint32Array;
  /** Sorts them as far as is looked; undefined when they are sorted. */
  readonly lazy: LazySort | undefined;
  readonly version: number;
  readonly revision: number | undefined;
  /** Changes of the availability that make it stale. */
  readonly patience: number;
  /** How far each peer has looked: it lacks what is before, or that was not missing. */
  readonly places: WeakMap<object, Place>;
  begun: number;
  /** None before this place is missing, except pieces that were given back: no search begins before it. */
  front: number;
}

interface Place {
  at: number;
  /** Pieces the peer had when it last was at the front, or came to the end. */
  had: number;
}

/**
 * The pieces not yet begun, and which of them a peer should begin next. The choice depends on: the order, the
 * availability, the priorities, what the peer has and suggests, and one random salt a piece, which breaks all ties:
 * those of an extent follow each other. One order for all peers, rebuilt when too much has changed: to order 100,000
 * pieces costs milliseconds, and 200 peers want the same ones. An order that has a rank is made without a comparison,
 * any other is sorted only as far as peers look. `missing` has the bit of a piece exactly while it is neither begun,
 * nor stored, nor excluded: `PiecePicker`, which knows, checks it.
 */
export class WantedPieces<Who extends object> {
  readonly missing: Bitfield;
  readonly #availability: Availability<Who>;
  #order: PieceOrder;
  #spreads: boolean;
  readonly #salts: Uint32Array;
  readonly #priorities: Int8Array;
  /** The priorities upside down, for a sort that begins with the lowest; none while all are alike. */
  #ranks: Uint8Array | undefined;
  /** All pieces, the lowest salt first; none before an order is made by counting. */
  #bySalt: Uint32Array | undefined;
  #ordered: Ordered | undefined;
  /** Missing again since the order was made: they come before their place in it, or have none. */
  readonly #returned = new Set<number>();
  #stored = 0;
  readonly #stock: Stock = { stored: 0, looked: false };
  readonly #a = scratch(this.#stock);
  readonly #b = scratch(this.#stock);
  readonly #before = (one: number, other: number): number => this.#compare(one, other);

  /** Ties of `extent` pieces that adjoin each other are broken together. */
  constructor(
    pieceCount: number,
    availability: Availability<Who>,
    order: PieceOrder,
    random: () => number,
    extent: number = 1,
  ) {
    this.missing = new Bitfield(pieceCount);
    this.missing.setAll();
    this.#availability = availability;
    this.#order = order;
    this.#spreads = spreads(order);
    this.#salts = saltsOf(pieceCount, random, extent);
    this.#priorities = new Int8Array(pieceCount);
  }

  /** Another order, obeyed from the next choice on. */
  set order(order: PieceOrder) {
    this.#order = order;
    this.#spreads = spreads(order);
    this.#ordered = undefined;
  }

  /** −128 to 127; higher is asked for first by `byPriority`. */
  prioritise(piece: number, priority: number): void {
    this.#priorities[piece] = priority;
    this.#ranks ??= new Uint8Array(this.#priorities.length).fill(HIGHEST);
    this.#ranks[piece] = HIGHEST - this.#priorities[piece];
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
    this.#restocked();
  }

  /** It was stored, and is missing again. */
  lost(piece: number): void {
    this.#stored--;
    this.giveBack(piece);
    this.#restocked();
  }

  /** The order is rebuilt if it depends on how many pieces are stored. */
  #restocked(): void {
    const { stored, looked } = this.#stock;
    const { rank } = this.#order;
    if (
      rank === undefined
        ? looked && this.#stored <= FEW_STORED
        : rank.some(({ below }) => this.#stored < below !== stored < below)
    )
      this.#ordered = undefined;
  }

  /**
   * The best missing piece that the peer `who`, which has `have`, can give, of those it has `suggested` if it may
   * choose; undefined if there is none.
   */
  best(who: Who, have: Bitfield, suggested: Iterable<number> = []): number | undefined {
    if (this.missing.count === 0) return undefined;
    this.#a.index = this.#b.index = NONE;
    const ordered = this.#fresh();
    let best = this.#next(ordered, who, have);
    for (const piece of this.#returned)
      if (have.has(piece) && (best === undefined || this.#compare(piece, best) < 0)) best = piece;
    return best === undefined || this.#order.rank === undefined
      ? best
      : (this.#bestOf(suggested, have, this.#priorities[best] as number) ?? best);
  }

  /**
   * How many peers have a piece that is left to others, since `who` has one half as common. None is where the user has
   * said what comes first.
   */
  common(who: Who, have: Bitfield): number {
    // Seeds are as many for each piece.
    const differs = this.#availability.sum > 0 && this.#spreads && this.#ranks === undefined;
    const other = differs ? this.best(who, have) : undefined;
    return other === undefined ? Infinity : 2 * this.#availability.of(other);
  }

  /** The first missing piece of `have` that will do. */
  any(have: Bitfield, does: (piece: number) => boolean): number | undefined {
    for (let piece = 0; piece < have.length; piece++)
      if (this.missing.has(piece) && have.has(piece) && does(piece)) return piece;
    return undefined;
  }

  /**
   * A peer may suggest which piece it gives, unless the user wants another one sooner: an order of the user's own is
   * not overruled, nor are priorities.
   */
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
    const revision = this.#order.revision?.();
    if (
      old !== undefined &&
      old.revision === revision &&
      this.#availability.version - old.version <= old.patience &&
      (old.begun - old.front) * PIECES_PER_ORDER <= old.pieces.length
    )
      return old;
    this.#a.missing = this.#b.missing = this.missing.count;
    this.#stock.stored = this.#stored;
    this.#returned.clear();
    const { version, sum } = this.#availability;
    const pieceCount = this.missing.length;
    // Each of the peers that join at first changes everything; none of the hundredth does.
    const patience = Math.min(pieceCount, Math.max(pieceCount / PIECES_PER_CHANGE, sum / KNOWN_PER_CHANGE));
    const { rank } = this.#order;
    const pieces = rank === undefined ? piecesOf(this.missing) : this.#sorted(rank);
    const lazy = rank === undefined ? new LazySort(pieces, this.#before) : undefined;
    this.#ordered = { pieces, lazy, version, revision, patience, places: new WeakMap(), begun: 0, front: 0 };
    return this.#ordered;
  }

  /** The missing pieces by their rank, sorted by what matters least first. */
  #sorted(rank: readonly Rank[]): Uint32Array {
    this.#bySalt ??= bySalt(this.#salts);
    const counting = rank.filter(({ below }) => this.#stored < below).map(({ by }) => by);
    const salt = counting.indexOf('salt');
    // No two have one salt: nothing that comes after it decides.
    const keys = salt < 0 ? counting : counting.slice(0, salt);
    return keys.reduceRight(
      (pieces, by) => (by === 'priority' ? this.#byPriority(pieces) : this.#byAvailability(pieces)),
      piecesOf(this.missing, this.#bySalt),
    );
  }

  #byPriority(pieces: Uint32Array): Uint32Array {
    return this.#ranks === undefined ? pieces : countingSort(pieces, this.#ranks, 2 * HIGHEST + 2);
  }

  #byAvailability(pieces: Uint32Array): Uint32Array {
    const { sum, counts, most } = this.#availability;
    return sum === 0 ? pieces : countingSort(pieces, counts, most + 1);
  }

  #next(ordered: Ordered, who: Who, have: Bitfield): number | undefined {
    const { places } = ordered;
    let place = places.get(who);
    if (place === undefined) places.set(who, (place = { at: 0, had: have.count }));
    const gained = have.count - place.had;
    if (gained > 0 && gained * PIECES_PER_RETURN >= have.length) [place.at, place.had] = [0, have.count];
    const piece = this.#from(place, ordered, have);
    if (piece !== undefined || have.count === place.had) return piece;
    place.had = have.count;
    if (share(this.missing.bytes, have.bytes)) place.at = 0;
    return this.#from(place, ordered, have);
  }

  #from(place: Place, ordered: Ordered, have: Bitfield): number | undefined {
    const { pieces, lazy } = ordered;
    while (
      ordered.front < pieces.length &&
      !this.missing.has(lazy?.at(ordered.front) ?? (pieces[ordered.front] as number))
    )
      ordered.front++;
    for (place.at = Math.max(place.at, ordered.front); place.at < pieces.length; place.at++) {
      const piece = lazy === undefined ? (pieces[place.at] as number) : lazy.at(place.at);
      if (this.missing.has(piece) && have.has(piece)) return piece;
    }
    return undefined;
  }

  #compare(one: number, other: number): number {
    // Of one stretch all are compared with one: nothing changes meanwhile.
    if (this.#a.index !== one) this.#fill(this.#a, one);
    if (this.#b.index !== other) this.#fill(this.#b, other);
    return this.#order(this.#a, this.#b) || this.#a.salt - this.#b.salt;
  }

  #fill(scratch: Scratch, piece: number): void {
    scratch.index = piece;
    scratch.availability = this.#availability.of(piece);
    scratch.priority = this.#priorities[piece] as number;
    scratch.salt = this.#salts[piece] as number;
  }
}

const share = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let at = 0; at < a.length; at++) if (((a[at] as number) & (b[at] as number)) !== 0) return true;
  return false;
};
