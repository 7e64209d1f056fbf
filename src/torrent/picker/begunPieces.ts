import type { Bitfield } from '../bitfield.ts';
import type { Geometry } from '../geometry.ts';
import { ChurningMap } from '../pieces/churningMap.ts';
import { type Asker, awaitedShare, fill, OpenPiece, stuckOf, type Wanted } from './openPiece.ts';
import type { Endgame } from './pickerOptions.ts';
import type { Readers } from './readers.ts';

/** Endgame copies that are requested at once from a peer with nothing else to do. */
const ENDGAME_BATCH = 8;

/**
 * Times that a piece which one peer alone should give may be given up with blocks of it held. From then on anybody may
 * give the rest: peers that leave after a few blocks would have us fetch the same ones for ever.
 */
export const TRIES_ALONE = 2;

/** Is told what becomes of the pieces. */
export interface Beginner {
  /** The piece is missing no longer. */
  readonly begun: (piece: number) => void;
  /** The piece is missing again; if any of it is held, that is void. */
  readonly givenUp: (piece: OpenPiece) => void;
  /** The block is no longer wanted of this peer. */
  readonly cancel: (asker: Asker, piece: number, block: number) => void;
}

/** What is needed soon, and how it may be asked for. */
interface Hurry {
  readonly readers: Readers;
  readonly endgame: Endgame;
  /** Are pieces held back by the one at the front? */
  readonly held: boolean;
}

/**
 * The pieces that have been begun and are not whole: how each begins, is taken over by another peer, and is given up.
 * Depends on which pieces came out corrupt, and how often one peer alone has failed to give them. The picker looks
 * into `open` and `hungry` itself, as it does so for every block. Invariant: a piece is in `hungry` if and only if it
 * has a block that is requested from no peer.
 */
export class BegunPieces {
  readonly open = new ChurningMap<number, OpenPiece>();
  /** Open pieces with a block that is requested from no peer, the longest so first. */
  readonly hungry = new ChurningMap<number, OpenPiece>();
  /** Pieces that came out corrupt, each asked of one peer alone; and how often each was given up half-way. */
  readonly suspect = new Map<number, number>();
  readonly #geometry: Geometry;
  readonly #beginner: Beginner;

  constructor(geometry: Geometry, beginner: Beginner) {
    this.#geometry = geometry;
    this.#beginner = beginner;
  }

  begin(index: number): OpenPiece {
    this.#beginner.begun(index);
    const piece = new OpenPiece(index, this.#geometry.fetchedCount(index), this.suspect.has(index));
    this.open.set(index, piece);
    this.hungry.set(index, piece);
    return piece;
  }

  /**
   * A piece that was whole is corrupt. It is open again if its `wrong` blocks are known, which any peer may give: the
   * next liar would be known, too.
   */
  failed(index: number, wrong: readonly number[] | undefined): void {
    if (wrong === undefined) return void this.suspect.set(index, 0);
    this.suspect.delete(index);
    const piece = new OpenPiece(index, this.#geometry.fetchedCount(index), false);
    piece.keep(wrong);
    this.open.set(index, piece);
    this.hungry.set(index, piece);
  }

  /** A piece is no longer wanted: if it has been begun, all its requests are cancelled. */
  withdraw(index: number): void {
    const piece = this.open.get(index);
    piece?.withdraw();
    if (piece !== undefined) this.giveUp(piece);
  }

  giveUp(piece: OpenPiece): void {
    this.open.delete(piece.index);
    this.hungry.delete(piece.index);
    if (piece.alone && piece.held > 0) this.#gaveUpAlone(piece.index);
    this.#beginner.givenUp(piece);
  }

  #gaveUpAlone(index: number): void {
    const tries = (this.suspect.get(index) ?? 0) + 1;
    if (tries < TRIES_ALONE) this.suspect.set(index, tries);
    else this.suspect.delete(index);
  }

  /** Gives up the piece of which least is held, of those from `first` on that wait for nobody. False if none does. */
  giveUpStuck(first: number): boolean {
    const stuck = stuckOf(this.hungry.values(), first);
    if (stuck !== undefined) this.giveUp(stuck);
    return stuck !== undefined;
  }

  /** Gives up the pieces that `asker` had for itself; true if there were any. */
  giveUpOwn(asker: Asker): boolean {
    const own = [...this.open.values()].filter((piece) => piece.alone && piece.owner === asker);
    for (const piece of own) this.giveUp(piece);
    return own.length > 0;
  }

  /**
   * Gives up a piece that one peer alone should give, if that peer keeps us waiting, never gave any, is slow or no
   * longer has it, so that `asker`, a better one, may begin it again.
   */
  takeOver(asker: Asker, have: Bitfield, pieces: Iterable<OpenPiece> = this.open.values()): boolean {
    if (asker.overdue === true) return false;
    for (const piece of pieces) {
      const owner = piece.loserTo(asker, have);
      if (owner === undefined) continue;
      this.giveUp(piece);
      for (let block = 0; block < piece.blockCount; block++)
        if (piece.isAsked(block, owner)) this.#beginner.cancel(owner, piece.index, block);
      return true;
    }
    return false;
  }

  /** Asks `asker` for blocks that others are asked for already, as long as fewer than `most` peers are. */
  copy(asker: Asker, have: Bitfield, count: number, most: number, wanted: Wanted[]): void {
    const batch = Math.min(count, ENDGAME_BATCH);
    for (const piece of this.open.values())
      if (have.has(piece.index) && piece.admits(asker)) fill(wanted, batch, piece, () => piece.askAgain(asker, most));
  }

  /** Asks `asker` for what is missing of a piece; `only` is a list of nothing but `asker`. */
  ask(piece: OpenPiece, asker: Asker, only: readonly Asker[], count: number, wanted: Wanted[]): void {
    fill(wanted, count, piece, () => piece.ask(asker, only));
    if (piece.unasked === 0) this.hungry.delete(piece.index);
  }

  /**
   * Asks for what readers need next before anything else, and again if only slow peers have been asked for it. True if
   * there is more to be asked of a piece that a reader waits for: others give that, and nothing comes before it.
   */
  hasten(asker: Asker, have: Bitfield, count: number, wanted: Wanted[], { readers, endgame, held }: Hurry): boolean {
    const only = [asker];
    for (const begun of readers.soon(this.open)) {
      const piece = this.takeOver(asker, have, [begun]) ? this.begin(begun.index) : begun;
      if (!have.has(piece.index) || !piece.admits(asker)) continue;
      const awaited = readers.awaits(piece.index, held);
      const share = awaited && !readers.inOrder ? awaitedShare(asker) - piece.askedOf(asker) : count;
      const most = Math.min(count, wanted.length + Math.max(0, share));
      this.ask(piece, asker, only, most, wanted);
      if (endgame !== 'strict') fill(wanted, most, piece, () => piece.askInstead(asker, awaited));
      if (piece.unasked > 0 && most < count) return true;
    }
    return false;
  }

  /** Asks `asker` for blocks that only overdue peers, or much slower ones, are asked for. */
  instead(asker: Asker, have: Bitfield, count: number, wanted: Wanted[]): void {
    const batch = Math.min(count, ENDGAME_BATCH);
    for (const piece of this.open.values())
      if (have.has(piece.index) && piece.admits(asker)) fill(wanted, batch, piece, () => piece.askInstead(asker, true));
  }

  check(): void {
    for (const piece of this.open.values()) {
      piece.check();
      if (piece.unasked > 0 !== this.hungry.has(piece.index))
        throw new RangeError(`piece ${piece.index}: hungry is wrong`);
    }
    for (const index of this.hungry.keys())
      if (!this.open.has(index)) throw new RangeError(`piece ${index} is hungry, and not open`);
  }
}
