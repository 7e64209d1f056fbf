import type { BlockRange, Message, PieceMessage } from '../../protocol/peer/messages.ts';
import { BLOCK } from '../geometry.ts';
import { requestOf, wantedOf } from './blockKeys.ts';
import { Habits } from './habits.ts';
import { Permitted } from './permitted.ts';
import type { PiecePicker, Wanted } from '../picker/piecePicker.ts';
import { Quota } from './quota.ts';
import { RequestWindow } from './requestWindow.ts';
import type { Limited, Source } from './source.ts';

export type { Limited, Source } from './source.ts';

/** Requests a second to a peer that has rejected one, or choked us twice, and sent no block since. */
const FRUITLESS_PACE = 10;
/**
 * Milliseconds in which a peer with the fast extension has rejected what it won't send after a choke, or it is taken to
 * have dropped it.
 */
const REJECTS_WITHIN = 500;
/** Milliseconds after which a snubbed peer is asked again for what it owes, if no other peer has taken that over. */
const EXCUSED_AFTER = 5_000;
/** Milliseconds after which a peer that is waited for is overdue, until it sends a block. */
const OVERDUE = 1_500;

/**
 * The requests made of one peer while it serves us: between the picker, which knows which blocks, and the window, which
 * knows how many. Depends on both, and on what the peer answers; and on the rate limit, if there is one, which is asked
 * before the peer is. What is in flight in the window is requested from us in the picker, or cancelled; what was taken
 * of the limit is what has come, and what is in flight. Invariant: nothing is in flight once this has ended.
 */
export class Requests {
  /** Blocks that came without having been asked for. */
  unexpected = 0;
  /** Others may be asked for its blocks, too. */
  overdue = false;
  readonly #picker: PiecePicker;
  readonly #source: Source;
  readonly #window: RequestWindow;
  readonly #perPiece: number;
  /** Undefined if there is no rate limit. */
  readonly #quota: Quota | undefined;
  #refilling = false;
  #ended = false;
  /** When the peer choked us, while what it may still send is waited for. */
  #chokedAt: number | undefined;
  #snubbedAt = 0;
  readonly #habits: Habits;
  #blocks = 0;
  #blocksSeen = 0;
  #rejecting = false;
  readonly #permitted: Permitted;

  constructor(picker: PiecePicker, source: Source, now: number, limited?: Limited, habits: Habits = new Habits(now)) {
    this.#picker = picker;
    this.#quota = limited && new Quota(limited, picker.geometry);
    this.#source = source;
    this.#permitted = new Permitted(source.state);
    this.#habits = habits;
    habits.depth.says(source.state.reqq);
    this.#window = new RequestWindow(now, habits.depth.most, habits.late, habits);
    this.#perPiece = picker.geometry.blocksPerPiece;
    if (!this.#fruitless) habits.lastBlockAt = now;
  }

  get inFlight(): number {
    return this.#window.inFlight;
  }

  /** Is there room for more, or something lost? Else `refill` has nothing to do. */
  get hungry(): boolean {
    return this.#window.room > 0 || this.#window.doubtful;
  }

  get proven(): boolean {
    return this.#blocks > 0;
  }

  /**
   * The peer rejects what it is asked for, or chokes us before it answers: asked at the pace of its wire it could
   * make us ask for ever.
   */
  get #fruitless(): boolean {
    return this.#rejecting || this.#habits.barren > 1;
  }

  get rate(): number {
    return this.#window.rate;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What the peer would rather give, unless it owes us what it was asked for. */
  get suggested(): Set<number> | undefined {
    return this.#window.snubbed ? undefined : this.#source.state.suggested;
  }

  get window(): RequestWindow {
    return this.#window;
  }

  /** While it is snubbed it is not asked again for what it has not sent: so no block waits for it twice. */
  owes(piece: number): boolean {
    return this.#window.snubbed && this.#window.writtenOff.owes(piece * this.#perPiece, (piece + 1) * this.#perPiece);
  }

  /** Another was faster. */
  cancel(piece: number, block: number): void {
    if (!this.#window.forget(piece * this.#perPiece + block)) return;
    const length = this.#picker.geometry.blockSize(piece, block);
    this.#quota?.allowance.give(length);
    if (!this.#ended) this.#source.send({ type: 'cancel', piece, begin: block * BLOCK, length });
  }

  /** True if this block was asked for here and is still missing: then it is held from now on. */
  received({ piece, begin, bytes }: PieceMessage): boolean {
    const block = begin / BLOCK;
    const outcome = this.#picker.geometry.hasBlock(piece, block, bytes.length)
      ? this.#window.take(piece * this.#perPiece + block, bytes.length)
      : 'unexpected';
    if (outcome === 'unexpected') {
      this.unexpected++;
      return false;
    }
    if (outcome === 'late') this.#late(piece * this.#perPiece + block, bytes.length);
    this.#rejecting = this.overdue = false;
    this.#habits.barren = 0;
    this.#blocks++;
    return this.#picker.received(this, piece, block);
  }

  /** Late is better than never. */
  #late(key: number, length: number): void {
    this.#quota?.allowance.spend(length);
    if (this.#window.misjudged(key)) this.#habits.depth.mistaken();
  }

  /** True if it had been asked for. */
  rejected({ piece, begin, length }: BlockRange<'reject'>, now: number): boolean {
    const block = begin / BLOCK;
    if (!this.#picker.geometry.hasBlock(piece, block, length)) return false;
    const key = piece * this.#perPiece + block;
    const inFlight = this.#window.has(key);
    if (!this.#window.rejected(key)) return false;
    if (inFlight) this.#quota?.allowance.give(length);
    this.#rejecting = true;
    if (this.#source.state.choked) this.#permitted.deny(piece);
    this.#picker.release(this, [{ piece, block }]);
    this.refill(now);
    return true;
  }

  /** An empty block is how older clients reject. True if it had been asked for. */
  declined({ piece, begin }: PieceMessage, now: number): boolean {
    const { geometry } = this.#picker;
    return (
      piece < geometry.pieceCount &&
      this.rejected({ type: 'reject', piece, begin, length: geometry.blockSize(piece, begin / BLOCK) }, now)
    );
  }

  /** Asks for as many as the window has room for; if `hurried`, also if that is less than half of it. */
  refill(now: number, hurried = false): void {
    // A block given or freed inside may wake us again: once is enough.
    if (this.#refilling || this.#ended) return;
    const { state } = this.#source;
    const have = state.choked ? this.#permitted.pieces : state.have;
    if (have === undefined) return;
    const window = this.#window;
    this.#findLost(now);
    const open = hurried ? Math.max(0, window.limit - window.inFlight) : window.free;
    const free = this.#fruitless ? Math.min(open, FRUITLESS_PACE - this.#habits.asked) : open;
    const room = this.#quota === undefined || free <= 0 ? free : this.#quota.take(free);
    if (room <= 0) return;
    this.#refilling = true;
    // The picker remembers for each how far it has looked: with other pieces, it is another.
    const wanted = this.#picker.next(
      this,
      state.choked ? have : this.#source,
      have,
      room,
      window.inFlight === 0 && !state.choked,
    );
    if (wanted.length > 0) {
      this.#habits.asked += wanted.length;
      const requests: Message[] = new Array<Message>(wanted.length);
      for (let index = 0; index < wanted.length; index++) {
        const each = wanted[index] as Wanted;
        window.asked(each.piece * this.#perPiece + each.block, now);
        requests[index] = requestOf(this.#picker.geometry, each);
      }
      this.#source.send(...requests);
    }
    this.#quota?.giveRest(room, wanted);
    this.#refilling = false;
  }

  /** Requests that the peer dropped without a word are made again, and from then on fewer are in flight. */
  #findLost(now: number): void {
    const window = this.#window;
    const { depth } = this.#habits;
    const lost = window.lost(now, depth.tolerance);
    if (lost.length > 0) {
      depth.lost(lost.length, window.limit);
      this.#refilling = true;
      this.#release(lost);
      this.#refilling = false;
    }
    // The peer may say how much it keeps after it has unchoked us.
    depth.says(this.#source.state.reqq);
    const { most } = depth;
    if (most !== window.most) window.most = most;
  }

  /**
   * Every second: resizes, snubs a peer that is too slow, asks again. Milliseconds since the last block while one is
   * waited for.
   */
  tick(now: number): number {
    const habits = this.#habits;
    const window = this.#window;
    const came = this.#blocks !== this.#blocksSeen;
    // One that rejects whatever it is asked for, or chokes us before it answers, keeps us waiting, too.
    const fruitless = this.#fruitless && habits.asked > 0;
    // Nor has one that is not asked because of our limit become silent.
    const idle = window.inFlight === 0 && !fruitless && (this.#quota?.held === true || this.#ended || !window.snubbed);
    if (came || idle) habits.lastBlockAt = now;
    habits.asked = 0;
    this.#blocksSeen = this.#blocks;
    if (window.tick(now)) {
      this.#release(window.expire(now));
      this.#snubbedAt = now;
    }
    if (came) habits.depth.grow(window.limit >= window.most);
    if (this.#chokedAt !== undefined && now - this.#chokedAt >= REJECTS_WITHIN) this.giveUpChoked();
    this.#probe(now);
    this.overdue ||= window.waited(now) >= OVERDUE;
    this.refill(now);
    if (window.snubbed && window.inFlight === 0 && now - this.#snubbedAt >= EXCUSED_AFTER) {
      window.writtenOff.excuse();
      this.refill(now);
    }
    return now - habits.lastBlockAt;
  }

  /** A peer that may have dropped all that it was asked for is asked for one of it again. */
  #probe(now: number): void {
    if (this.#source.state.choked) return;
    const { geometry } = this.#picker;
    const key = this.#window.probe(now);
    if (key !== undefined) this.#source.send(requestOf(geometry, wantedOf(geometry, key)));
  }

  /** The peer choked us: without the fast extension all in flight is given back; what it had at hand may follow. */
  choked(now: number): void {
    if (this.#ended) return;
    if (this.inFlight > 0 || this.#fruitless) this.#habits.barren++;
    if (this.#source.state.fast === true) this.#chokedAt ??= now;
    else this.end();
  }

  /**
   * What was asked for before a choke, and neither came nor was rejected, is given back; but not what it gives though
   * we are choked.
   */
  giveUpChoked(): void {
    if (this.#chokedAt === undefined) return;
    this.#chokedAt = undefined;
    const { allowedFast } = this.#source.state;
    const dropped = this.#window.keys.filter((key) => allowedFast?.has(Math.floor(key / this.#perPiece)) !== true);
    for (const key of dropped) this.#window.forget(key);
    this.#release(dropped);
  }

  /** Nothing that is in flight is waited for. */
  giveBack(): void {
    this.#release(this.#window.drain());
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.giveBack();
    this.#quota?.leave();
    this.#picker.left(this);
  }

  #release(keys: readonly number[]): void {
    const blocks = keys.map((key) => wantedOf(this.#picker.geometry, key));
    this.#quota?.giveBack(blocks);
    this.#picker.release(this, blocks);
  }

  check(): void {
    this.#window.check();
    if (this.#ended && this.inFlight > 0) throw new RangeError(`${this.inFlight} requests are in flight after the end`);
  }
}
