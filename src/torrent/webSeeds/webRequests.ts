import { Bitfield } from '../bitfield.ts';
import type { PiecePicker } from '../picker/piecePicker.ts';
import type { Asker, Wanted } from '../picker/openPiece.ts';
import { Rate } from '../rates/rate.ts';

/** Milliseconds without a byte after which other peers may be asked for the same blocks. */
const OVERDUE = 1_500;
/** Pieces that are looked at for a gap. */
const GAP_WITHIN = 1024;
/** Pieces of an answer that may be left to others in a row. */
const LOOK_AHEAD = 256;

/**
 * What one connection to a web seed is asked for: whole stretches of blocks, as each request costs a round trip. The
 * piece that follows the last one is preferred wherever the order leaves it to chance. Depends on the picker, and on
 * `have`, the pieces that the server has. Invariant: no block is asked for twice.
 */
export class WebRequests implements Asker {
  proven = false;
  overdue = false;
  rate = 0;
  /** The piece that follows the last one, or where the longest gap begins. */
  readonly suggested = new Set<number>();
  readonly #picker: PiecePicker;
  readonly #have: Bitfield;
  readonly #sisters: Set<WebRequests>;
  readonly #rate = new Rate();
  /** Blocks of stretches that have not been begun. */
  #queue: Wanted[] = [];
  #stretch: readonly Wanted[] = [];
  /** The piece from which on gaps are looked for. */
  #at = -1;
  #received = 0;
  #lastAt: number;

  /** `sisters` are the connections to the same server: it is not asked for one block twice. */
  constructor(picker: PiecePicker, have: Bitfield, now: number, sisters: Set<WebRequests> = new Set()) {
    this.#sisters = sisters.add(this);
    this.#picker = picker;
    this.#have = have;
    this.#lastAt = now;
  }

  /** The next blocks without a gap between them, about `most` bytes or one piece; undefined if there are none. */
  next(most: number, now: number): readonly Wanted[] | undefined {
    this.#fill(most);
    const [first] = this.#queue;
    if (first === undefined) return undefined;
    let count = 1;
    while (count < this.#queue.length && this.#follows(this.#queue[count - 1], this.#queue[count])) count++;
    this.#stretch = this.#queue.splice(0, count);
    this.#lastAt = now;
    return this.#stretch;
  }

  /**
   * The next piece until `last` that may come in the same answer, which is asked for now; `full` if there is no room
   * for it, undefined if there is none. Pieces that others are asked for are left to them.
   */
  more(last: number): readonly Wanted[] | 'full' | undefined {
    const picker = this.#picker;
    const after = this.#stretch.at(-1)?.piece ?? last;
    const end = Math.min(last, after + LOOK_AHEAD);
    for (let piece = after + 1; piece <= end; piece++) {
      if (!this.#have.has(piece) || !picker.wantsPiece(piece)) continue;
      this.#at = piece;
      // The picker remembers how far each asker has looked: this one is new to it.
      const only = new Bitfield(picker.geometry.pieceCount);
      only.set(piece);
      const wanted = picker.next(this, {}, only, picker.geometry.blocksPerPiece, false);
      if (wanted.length === picker.geometry.fetchedCount(piece)) {
        this.#stretch = [...this.#stretch, ...wanted];
        return wanted;
      }
      picker.release(this, wanted);
      if (wanted.length === 0 && !picker.isBegun(piece)) return 'full';
    }
    return undefined;
  }

  #fill(most: number): void {
    const { blocksPerPiece, pieceLength } = this.#picker.geometry;
    if (this.#queue.length === 0) this.#suggestGap();
    for (let left = most; left > 0; left -= pieceLength) {
      const before = this.#queue.at(-1);
      const wanted = this.#picker.next(this, this.#have, this.#have, blocksPerPiece, this.#queue.length === 0);
      const last = wanted.at(-1);
      if (last === undefined) return;
      this.#queue.push(...wanted);
      this.suggested.clear();
      this.suggested.add((this.#at = last.piece + 1));
      if (before !== undefined && !this.#follows(before, wanted[0])) return;
    }
  }

  /** Unless the last stretch can go on. In the longest gap it will be long before the next one has to be looked for. */
  #suggestGap(): void {
    const count = this.#have.length;
    const isGap = (piece: number): boolean => this.#have.has(piece) && this.#picker.wantsPiece(piece);
    if (isGap(this.#at)) return void this.suggested.add(this.#at);
    const from = this.#at >= 0 && this.#at < count ? this.#at : 0;
    let [best, length] = [from, 0];
    for (let piece = from, run = 0; piece < Math.min(count, from + GAP_WITHIN); piece++) {
      run = isGap(piece) ? run + 1 : 0;
      if (run > length) [best, length] = [piece - run + 1, run];
    }
    if (length === 0) this.#at = from + GAP_WITHIN < count ? from + GAP_WITHIN : 0;
    this.suggested.clear();
    this.suggested.add(best);
  }

  #follows(before: Wanted | undefined, next: Wanted | undefined): boolean {
    if (before === undefined || next === undefined) return false;
    const { piece, block } = before;
    const { geometry } = this.#picker;
    if (block < geometry.blockCount(piece) - 1) return next.piece === piece && next.block === block + 1;
    return next.piece === piece + 1 && next.block === 0 && geometry.adjoins(piece);
  }

  /** Bytes have come, whether or not they are of any use. */
  heard(now: number): void {
    this.#lastAt = now;
    this.overdue = false;
  }

  /** A block has come; true if it is to be passed on. */
  received(piece: number, block: number, bytes: number): boolean {
    this.proven = true;
    this.#received += bytes;
    return this.#picker.received(this, piece, block);
  }

  /** Is another connection to the same server asked for blocks of this piece? */
  owes(piece: number): boolean {
    for (const sister of this.#sisters) if (sister !== this && sister.#asks(piece)) return true;
    return false;
  }

  #asks(index: number): boolean {
    const isOf = ({ piece }: Wanted): boolean => piece === index;
    return this.#stretch.some(isOf) || this.#queue.some(isOf);
  }

  /** Every second, while an answer is waited for. Milliseconds since the last byte. */
  tick(now: number): number {
    const silence = now - this.#lastAt;
    this.overdue = silence >= OVERDUE;
    this.rate = this.#rate.sample(this.#received, now);
    return silence;
  }

  /** Another peer was faster, or it is no longer wanted: what is on its way comes nevertheless. */
  cancel(piece: number, block: number): void {
    this.#queue = this.#queue.filter((wanted) => wanted.piece !== piece || wanted.block !== block);
  }

  /** What has not come is not waited for. */
  release(): void {
    const blocks = [...this.#stretch, ...this.#queue];
    this.#stretch = this.#queue = [];
    this.#picker.release(this, blocks);
  }

  check(): void {
    const keys = [...this.#stretch, ...this.#queue].map(({ piece, block }) => `${piece} ${block}`);
    if (new Set(keys).size < keys.length) throw new RangeError('a block is asked for twice');
  }

  /** Nothing is asked of it again. */
  end(): void {
    this.release();
    this.#sisters.delete(this);
    this.#picker.left(this);
  }
}
