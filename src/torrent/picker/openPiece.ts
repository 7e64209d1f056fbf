import type { Bitfield } from '../bitfield.ts';
import { BLOCK } from '../geometry.ts';

/** How many peers may be asked for one block at the same time where those that were asked are overdue. */
export const MAX_COPIES = 3;

/** A peer this many times as fast as another is asked for the same block when everything else waits for that block. */
const MUCH_FASTER = 4;

/** Of a piece that a reader waits for a peer is asked for what it sends in so many seconds, or for so many blocks. */
const AWAITED_SECONDS = 0.4;
const AWAITED_LEAST = 4;

/**
 * How many blocks of one piece may be asked of a peer at one time while a reader waits for it: what that peer has no
 * time for at once, others give sooner.
 */
export const awaitedShare = ({ rate = 0 }: Asker): number =>
  Math.max(AWAITED_LEAST, Math.ceil((rate * AWAITED_SECONDS) / BLOCK));

/** A peer that blocks are requested from: `cancel` is called when another peer was faster, or a block is not wanted. */
export interface Asker {
  /**
   * It keeps us waiting: what it is asked for may be asked of more others, else a few dead peers could hold the last
   * blocks.
   */
  readonly overdue?: boolean;
  /** It has sent a block that was asked for. */
  readonly proven?: boolean;
  /** Bytes a second, as far as is known. */
  readonly rate?: number;
  /** Pieces it would rather give; those that are not wanted are taken out. */
  readonly suggested?: Set<number> | undefined;
  /** It owes blocks of this piece since it was last given up waiting for: others come first. */
  owes?(piece: number): boolean;
  cancel(piece: number, block: number): void;
}

/** A block to ask for, as it goes into a request. */
export interface Wanted {
  readonly piece: number;
  /** Number of the block in its piece. */
  readonly block: number;
}

/** Adds the blocks of `piece` that `next` gives, until there are none, or `count` in all. */
export const fill = (
  wanted: Wanted[],
  count: number,
  { index: piece }: OpenPiece,
  next: () => number | undefined,
): void => {
  while (wanted.length < count) {
    const block = next();
    if (block === undefined) return;
    wanted.push({ piece, block });
  }
};

/**
 * One piece that has been begun. Each block is *missing* (no asker), *requested* (one asker or more) or
 * *held*. Invariants: `unasked` = blocks missing; `held` = blocks held; a held block has no askers.
 */
export class OpenPiece {
  readonly index: number;
  readonly blockCount: number;
  unasked: number;
  held = 0;
  /** After a corrupt copy: one peer alone gives all of it, so that a second failure names the culprit. */
  readonly alone: boolean;
  owner: Asker | undefined;
  readonly #held: Uint8Array;
  readonly #askers: (readonly Asker[] | undefined)[];
  #cursor = 0;

  constructor(index: number, blockCount: number, alone: boolean) {
    this.index = index;
    this.blockCount = this.unasked = blockCount;
    this.alone = alone;
    this.#held = new Uint8Array(blockCount);
    this.#askers = new Array<readonly Asker[] | undefined>(blockCount).fill(undefined);
  }

  get requested(): number {
    return this.blockCount - this.unasked - this.held;
  }

  /** May this peer be asked for blocks of it? */
  admits(asker: Asker): boolean {
    return (!this.alone || this.owner === undefined || this.owner === asker) && asker.owes?.(this.index) !== true;
  }

  /** Should `asker`, which has nothing else that is wanted, begin this piece again, instead of its owner? */
  fitsBetter(asker: Asker): boolean {
    const { owner } = this;
    if (owner === undefined || owner.overdue === true || owner.proven !== true)
      return owner?.overdue === true || asker.proven === true;
    // All of it in half the time that the rest takes: so no two ever take it from each other.
    const { rate: slow = 0 } = owner;
    return slow > 0 && 2 * this.blockCount * slow < (this.blockCount - this.held) * (asker.rate ?? 0);
  }

  /** Its owner, the only one that may give it, if that no longer has it, or `asker` would better begin it anew. */
  loserTo(asker: Asker, have: Bitfield): Asker | undefined {
    const { alone, owner, index } = this;
    if (!alone || owner === undefined || (owner === asker) === have.has(index)) return undefined;
    return owner === asker || this.fitsBetter(asker) ? owner : undefined;
  }

  isHeld(block: number): boolean {
    return this.#held[block] === 1;
  }

  isAsked(block: number, asker: Asker): boolean {
    return this.#askers[block]?.includes(asker) ?? false;
  }

  /** Blocks that are requested from it. */
  askedOf(asker: Asker): number {
    let count = 0;
    for (const askers of this.#askers) if (askers?.includes(asker)) count++;
    return count;
  }

  copies(block: number): number {
    return this.#askers[block]?.length ?? 0;
  }

  /** The next missing block, now requested from `asker`; undefined if none is missing. */
  ask(asker: Asker, only: readonly Asker[]): number | undefined {
    if (this.unasked === 0) return undefined;
    while (this.#held[this.#cursor] === 1 || this.#askers[this.#cursor] !== undefined)
      this.#cursor = (this.#cursor + 1) % this.blockCount;
    const block = this.#cursor;
    this.#askers[block] = only;
    this.unasked--;
    if (this.alone) this.owner = asker;
    this.#cursor = (block + 1) % this.blockCount;
    return block;
  }

  /** One more copy of a requested block: the one with the fewest; undefined if there is none to add. */
  askAgain(asker: Asker, most: number): number | undefined {
    if (this.alone) return undefined;
    let best: number | undefined;
    for (let block = 0; block < this.blockCount; block++) {
      const askers = this.#askers[block];
      if (askers === undefined || askers.includes(asker) || askers.length >= most + 2 * overdue(askers)) continue;
      if (best === undefined || askers.length < this.copies(best)) best = block;
    }
    if (best !== undefined) this.#askers[best] = [...(this.#askers[best] as readonly Asker[]), asker];
    return best;
  }

  /**
   * The next requested block that `asker` should be asked for as well, because every peer asked for it is overdue or,
   * if the piece is
   * `awaited`, much slower than `asker`. Undefined if there is none.
   */
  askInstead(asker: Asker, awaited: boolean): number | undefined {
    if (this.alone || this.requested === 0 || asker.overdue === true) return undefined;
    const late = (other: Asker): boolean =>
      other.overdue === true ||
      (awaited && (other.rate ?? 0) > 0 && MUCH_FASTER * (other.rate ?? 0) < (asker.rate ?? 0));
    for (let block = 0; block < this.blockCount; block++) {
      const askers = this.#askers[block];
      if (askers === undefined || askers.length >= MAX_COPIES || askers.includes(asker) || !askers.every(late))
        continue;
      this.#askers[block] = [...askers, asker];
      return block;
    }
    return undefined;
  }

  /** All blocks are held but `wrong`. */
  keep(wrong: readonly number[]): void {
    this.#held.fill(1);
    for (const block of wrong) this.#held[block] = 0;
    this.unasked = wrong.length;
    this.held = this.blockCount - wrong.length;
  }

  /** The block has come; returns the peers that were asked for it. Undefined if it was held already. */
  hold(block: number): readonly Asker[] | undefined {
    if (this.#held[block] === 1) return undefined;
    const askers = this.#askers[block];
    if (askers === undefined) this.unasked--;
    this.#askers[block] = undefined;
    this.#held[block] = 1;
    this.held++;
    return askers ?? nobody;
  }

  /** No peer is to send any of its blocks: each peer that was asked for one is told to cancel. */
  withdraw(): void {
    this.#askers.forEach((askers, block) => {
      for (const asker of askers ?? nobody) asker.cancel(this.index, block);
    });
  }

  /** `asker` will not give it. True if the block is missing again. */
  release(block: number, asker: Asker): boolean {
    const askers = this.#askers[block];
    if (askers === undefined || !askers.includes(asker)) return false;
    const others = askers.filter((other) => other !== asker);
    this.#askers[block] = others.length > 0 ? others : undefined;
    if (others.length > 0) return false;
    this.unasked++;
    return true;
  }

  check(): void {
    let unasked = 0;
    let held = 0;
    for (let block = 0; block < this.blockCount; block++) {
      if (this.isHeld(block)) held++;
      else if (this.copies(block) === 0) unasked++;
      if (this.isHeld(block) && this.copies(block) > 0)
        throw new RangeError(`piece ${this.index} block ${block} is held and requested`);
    }
    if (unasked !== this.unasked || held !== this.held)
      throw new RangeError(`piece ${this.index} miscounts its blocks`);
  }
}

/** Of the pieces from `first` on that are requested from no peer, the one with the fewest blocks. */
export const stuckOf = (pieces: Iterable<OpenPiece>, first: number): OpenPiece | undefined => {
  let stuck: OpenPiece | undefined;
  for (const piece of pieces)
    if (piece.requested === 0 && piece.index >= first && (stuck === undefined || piece.held < stuck.held))
      stuck = piece;
  return stuck;
};

/** Each piece is in one of the `states`. @throws RangeError */
export const checkStates = (states: readonly { has(index: number): boolean }[], pieceCount: number): void => {
  for (let index = 0; index < pieceCount; index++) {
    const count = states.filter((state) => state.has(index)).length;
    if (count !== 1) throw new RangeError(`piece ${index} is in ${count} states`);
  }
};

const nobody: readonly Asker[] = [];

const overdue = (askers: readonly Asker[]): number => {
  let count = 0;
  for (const asker of askers) if (asker.overdue === true) count++;
  return count;
};
