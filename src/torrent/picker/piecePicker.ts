import { Availability } from './availability.ts';
import { Bitfield } from '../bitfield.ts';
import { Front } from './front.ts';
import type { Geometry } from '../geometry.ts';
import { BegunPieces } from './begunPieces.ts';
import { type Asker, checkStates, type OpenPiece, type Wanted } from './openPiece.ts';
import type { ChurningMap } from '../pieces/churningMap.ts';
import { defaultOrder, inOrder, type PieceOrder } from './pieceOrder.ts';
import { type Endgame, ENDGAME_COPIES, type Outcome, type PickerOptions, roomOf } from './pickerOptions.ts';
import { Readers } from './readers.ts';
import { extentOf, WantedPieces } from './wantedPieces.ts';

export type { Asker, Wanted } from './openPiece.ts';

/**
 * Decides which peer is asked for which block. What the choice depends on, most important first; read it again before
 * changing it:
 *  1. a piece that is being checked or is stored is never asked for;
 *  2. begun pieces before new ones, to free memory; but before these one half as common, as others may not have it;
 *  3. a piece that came out corrupt is asked of one peer alone, and of another when that one is overdue, or much slower
 *     than one with nothing else to do; of anybody once two of them have left it half-way;
 *  4. a new piece is begun only while memory and disk allow it: one that the peer suggests, else the first in order;
 *  5. endgame: when nothing is missing that is not requested, a peer with nothing else to do is asked for second
 *     copies, for more where the others are overdue; when only memory stands in the way, for what others are slow with;
 *  6. a begun piece without a request in flight is given up when memory is spent and a peer with nothing to do could
 *     begin another: of these, the one of which least is held.
 * Invariants: a piece is missing, open, whole (going to disk), stored or excluded; drafts = open + whole ≤ allowed.
 */
export class PiecePicker {
  readonly geometry: Geometry;
  readonly stored: Bitfield;
  readonly availability: Availability<object>;
  readonly #wanted: WantedPieces<object>;
  readonly #begun: BegunPieces;
  /** Those of `#begun`, which are looked up for every block. */
  readonly #open: ChurningMap<number, OpenPiece>;
  readonly #hungry: ChurningMap<number, OpenPiece>;
  readonly #whole: Bitfield;
  readonly #allowed: number;
  readonly #backlog: number;
  /** The readers: what a reader needs next comes before everything in the list above. */
  readonly readers: Readers;
  /** Obeyed from the next choice on. */
  endgame: Endgame;
  readonly #free: () => void;
  /** Since something was last freed, a peer was given fewer blocks than it had room for. */
  #refused = false;
  /** Pieces that are not wanted; those to spare are there all the same. */
  readonly excluded = new Set<number>();
  readonly #spare = new Set<number>();

  constructor(geometry: Geometry, options: PickerOptions) {
    const { random, ordered = false, order = defaultOrder, freed = () => {}, abandoned = () => {} } = options;
    const { pieceCount } = geometry;
    this.geometry = geometry;
    this.stored = new Bitfield(pieceCount);
    this.#whole = new Bitfield(pieceCount);
    this.availability = new Availability(pieceCount);
    const obeyed = ordered ? inOrder : order;
    this.#wanted = new WantedPieces(pieceCount, this.availability, obeyed, random, extentOf(geometry));
    this.#begun = new BegunPieces(geometry, {
      begun: (index) => this.#wanted.begin(index),
      givenUp: ({ index, held }) => {
        this.#wanted.giveBack(index);
        if (held > 0) abandoned(index);
      },
      cancel: (asker, index, block) => this.#cancel(asker, index, block),
    });
    this.#open = this.#begun.open;
    this.#hungry = this.#begun.hungry;
    [this.#allowed, this.#backlog] = roomOf(geometry, options);
    const front = ordered ? new Front(this, this.#allowed, geometry.pieceLength) : undefined;
    this.readers = new Readers(geometry.pieceLength, front, () => this.#freed(true));
    this.endgame = options.endgame ?? 'on';
    this.#free = freed;
  }

  get complete(): boolean {
    return this.stored.count + this.excluded.size === this.geometry.pieceCount;
  }

  /** Pieces begun or on their way to disk. */
  get drafts(): number {
    return this.#open.size + this.#whole.count;
  }

  /** Piece `index` was verified in an earlier run. */
  restore(index: number): void {
    if (!this.stored.set(index)) return;
    if (this.excluded.delete(index)) this.#spare.add(index);
    this.#wanted.stored(index);
  }

  /** Piece `index` was stored, and is no longer as it should be: it is missing again, or excluded again. */
  lose(index: number): void {
    if (!this.stored.has(index)) return;
    this.stored.clear(index);
    this.#wanted.lost(index);
    this.readers.lost(index);
    if (this.#spare.has(index)) this.exclude(index);
    this.#freed();
  }

  /** Piece `index` is not wanted: it is never asked for, or no longer. On disk, or on its way there, it stays. */
  exclude(index: number): void {
    this.#begun.withdraw(index);
    if (!this.#wanted.missing.has(index)) return void this.#spare.add(index);
    this.#wanted.begin(index);
    this.excluded.add(index);
  }

  /** Piece `index` is wanted after all. */
  include(index: number): void {
    this.#spare.delete(index);
    if (this.excluded.delete(index)) this.#wanted.giveBack(index);
  }

  /** Another order, obeyed from the next choice on; none counts while pieces are taken from the first to the last. */
  set order(order: PieceOrder) {
    if (!this.readers.inOrder) this.#wanted.order = order;
  }

  prioritise(index: number, priority: number): void {
    this.#wanted.prioritise(index, priority);
  }

  /** Pieces that are stored, or on their way to disk, and were not in `then`. */
  writtenSince(then: Bitfield): Bitfield {
    const written = (index: number): boolean => this.#whole.has(index) || (this.stored.has(index) && !then.has(index));
    return Bitfield.where(this.geometry.pieceCount, written);
  }

  /** Does a peer with these pieces have one that is not yet whole here? */
  wants(have: Bitfield): boolean {
    if (this.complete) return false;
    for (const index of this.#open.keys()) if (have.has(index)) return true;
    const { bytes } = this.#wanted.missing;
    return have.bytes.some((byte, at) => (byte & (bytes[at] as number)) !== 0);
  }

  /** Is it not yet whole here? If `unasked`: with a block that no peer is asked for. */
  wantsPiece(index: number, unasked = false): boolean {
    return (unasked ? this.#hungry : this.#open).has(index) || this.#wanted.missing.has(index);
  }

  /** Up to `count` blocks to ask of `asker`, which belongs to the peer `who`; `idle` if nothing is asked of it now. */
  next(asker: Asker, who: object, have: Bitfield, count: number, idle: boolean): Wanted[] {
    const wanted: Wanted[] = [];
    if (count <= 0) return wanted;
    const only = [asker];
    if (this.readers.any && this.#hasten(asker, who, have, count, wanted)) {
      this.#refused = true;
      return wanted;
    }
    let [least, common]: [number?, OpenPiece[]?] = this.drafts < this.#allowed ? [] : [Infinity];
    for (const piece of this.#hungry.values()) {
      if (wanted.length >= count) return wanted;
      if (!have.has(piece.index) || !piece.admits(asker)) continue;
      if (this.availability.of(piece.index) >= (least ??= this.#wanted.common(who, have))) (common ??= []).push(piece);
      else this.#begun.ask(piece, asker, only, count, wanted);
    }
    while (wanted.length < count) {
      const piece = this.#begin(asker, who, have);
      if (piece === undefined) break;
      this.#begun.ask(piece, asker, only, count, wanted);
    }
    if (common !== undefined) for (const piece of common) this.#begun.ask(piece, asker, only, count, wanted);
    if (wanted.length === 0 && idle) this.#copies(asker, have, count, wanted);
    if (wanted.length === 0 && idle && (this.#begun.takeOver(asker, have) || this.#giveUpStuck(who, have)))
      return this.next(asker, who, have, count, false);
    this.#refused ||= wanted.length < count;
    return wanted;
  }

  /** True if this peer has its share of what a reader waits for. */
  #hasten(asker: Asker, who: object, have: Bitfield, count: number, wanted: Wanted[]): boolean {
    const { readers, endgame } = this;
    const next = readers.reading ? readers.of(this.#wanted.missing, have) : undefined;
    if (next !== undefined && readers.awaits(next, false)) this.#begin(asker, who, have);
    return this.#begun.hasten(asker, have, count, wanted, { readers, endgame, held: this.#whole.count > 0 });
  }

  #begin(asker: Asker, who: object, have: Bitfield): OpenPiece | undefined {
    if (this.drafts >= this.#allowed || this.#whole.count >= this.#backlog) return undefined;
    for (const index of asker.suggested ?? []) if (!this.wantsPiece(index)) asker.suggested?.delete(index);
    let index = this.readers.of(this.#wanted.missing, have) ?? this.#wanted.best(who, have, asker.suggested);
    // A peer that only dropped our requests will still serve another piece: try one that it does not owe us.
    if (index !== undefined && asker.owes?.(index) === true)
      index = this.#wanted.any(have, (piece) => asker.owes?.(piece) !== true);
    return index === undefined || !this.readers.reaches(index) ? undefined : this.#begun.begin(index);
  }

  #copies(asker: Asker, have: Bitfield, count: number, wanted: Wanted[]): void {
    const most = this.endgame === 'on' ? ENDGAME_COPIES : 0;
    if (this.endgame === 'strict') return;
    if (this.#wanted.missing.count === 0) this.#begun.copy(asker, have, count, most, wanted);
    else if (this.drafts >= this.#allowed) this.#begun.instead(asker, have, count, wanted);
  }

  /** Gives up a piece that waits for nobody, if memory is spent, and the peer has a piece that is missing. */
  #giveUpStuck(who: object, have: Bitfield): boolean {
    const best = this.drafts < this.#allowed || this.#whole.count > 0 ? undefined : this.#wanted.best(who, have);
    return best !== undefined && this.#begun.giveUpStuck(this.readers.inOrder ? best : 0);
  }

  /** Is the piece being gathered? */
  readonly isBegun = (index: number): boolean => this.#open.has(index);

  /** Is this block worth having, whichever peer sends it? */
  lacks(index: number, block: number): boolean {
    const piece = this.#open.get(index);
    return piece === undefined ? this.#wanted.missing.has(index) : !piece.alone && !piece.isHeld(block);
  }

  /** A block of the right size has come from `asker`. False if it is of no use. Others asked for it are to cancel. */
  received(asker: Asker, index: number, block: number): boolean {
    const piece = this.#open.get(index) ?? this.#late(index);
    if (piece === undefined || (piece.alone && !piece.isAsked(block, asker))) return false;
    const askers = piece.hold(block);
    if (askers === undefined) return false;
    for (const other of askers) if (other !== asker) this.#cancel(other, index, block);
    if (askers.length === 0 && piece.unasked === 0) this.#hungry.delete(index);
    if (piece.held === piece.blockCount) {
      this.#open.delete(index);
      this.#whole.set(index);
    }
    return true;
  }

  /** A block may come after its piece was given up for want of blocks: that begins it again, if there is room. */
  #late(index: number): OpenPiece | undefined {
    const isLate = this.#wanted.missing.has(index) && !this.#begun.suspect.has(index) && this.drafts < this.#allowed;
    return isLate && this.readers.reaches(index) ? this.#begun.begin(index) : undefined;
  }

  /** `asker` will not send these blocks: it choked, rejected, was too slow or left. */
  release(asker: Asker, blocks: Iterable<Wanted>): void {
    let any = false;
    for (const { piece: index, block } of blocks) {
      const piece = this.#open.get(index);
      if (piece === undefined || !piece.release(block, asker)) continue;
      any = true;
      this.#hungry.set(piece.index, piece);
      if (piece.requested === 0 && (piece.held === 0 || piece.alone)) this.#begun.giveUp(piece);
    }
    if (any) this.#freed();
  }

  /** `asker` will not be asked again: pieces it had for itself are free for another. */
  left(asker: Asker): void {
    if (this.#begun.giveUpOwn(asker)) this.#freed();
  }

  /**
   * What became of a whole piece. `writePieces` says it; a pipe that ends otherwise must.
   *
   * @throws RangeError if the piece is not whole, or has been settled before
   */
  settle({ type, index, wrong }: Outcome): void {
    if (!this.#whole.has(index)) throw new RangeError(`piece ${index} is settled, and is not on its way to disk`);
    this.#whole.clear(index);
    if (type === 'stored') {
      this.stored.set(index);
      this.#wanted.stored(index);
      this.#begun.suspect.delete(index);
    } else {
      this.#begun.failed(index, wrong);
      if (wrong === undefined) this.#wanted.giveBack(index);
      if (this.#spare.delete(index)) this.exclude(index);
    }
    this.#freed();
  }

  /** Then those peers have room for another. */
  #cancel(asker: Asker, index: number, block: number): void {
    asker.cancel(index, block);
    this.#refused = true;
  }

  /** Pieces are settled by the thousand: peers that are asked for all they have room for are not told of each. */
  #freed(everybody = false): void {
    if (!this.#refused && !everybody) return;
    this.#refused = false;
    this.#free();
  }

  check(): void {
    this.stored.check();
    this.availability.check();
    checkStates([this.#wanted.missing, this.#open, this.#whole, this.stored, this.excluded], this.geometry.pieceCount);
    this.readers.check(this.geometry.pieceCount, (index) => this.#open.has(index) || this.#whole.has(index));
    if (this.drafts > this.#allowed) throw new RangeError(`${this.drafts} drafts, ${this.#allowed} allowed`);
    this.#begun.check();
  }
}
