import type { BlockRange, Message, PieceMessage } from '../protocol/messages.ts';
import { Bitfield } from './bitfield.ts';
import { BLOCK } from './geometry.ts';
import type { PiecePicker, Wanted } from './piecePicker.ts';
import { MAX_WINDOW, RequestWindow } from './requestWindow.ts';
import type { Allowance } from './tokenBucket.ts';

/** Who is asked. */
export interface Source {
  /** `reqq` is how many requests they keep at one time, if they have said so; `allowedFast` are pieces they give though we are choked, `suggested` those they would rather give. */
  readonly state: {
    readonly choked: boolean;
    readonly have: Bitfield;
    readonly reqq?: number | undefined;
    readonly allowedFast?: ReadonlySet<number>;
    readonly suggested?: Set<number>;
  };
  send(...messages: readonly Message[]): boolean;
}

/** A rate limit, and what it is to call when it is our turn. */
export interface Limited {
  readonly allowance: Allowance;
  readonly wake: () => void;
}

/** Requests a second to a peer that has rejected one and sent no block since. */
const REJECTED_PACE = 10;
/** Milliseconds after which a peer that is waited for is overdue, until it sends a block. */
const OVERDUE = 1_500;

/**
 * The requests made of one peer while it serves us: between the picker, which knows which blocks, and the window, which knows
 * how many. Depends on both, and on what the peer answers; and on the rate limit, if there is one, which is asked before the peer is.
 * Invariants: what is in flight in the window is requested from us in the picker, or cancelled; and what was taken of the limit is
 * what has come, and what is in flight.
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
  readonly #limited: Limited | undefined;
  /** The rate limit holds back what the peer could be asked for. */
  #held = false;
  #refilling = false;
  #ended = false;
  #lastBlockAt: number;
  #blocks = 0;
  #blocksSeen = 0;
  #rejecting = false;
  #most = MAX_WINDOW;
  /** Requests since the last tick. */
  #asked = 0;
  /** What may be asked for while we are choked (BEP 6), and what of it they have rejected after all. */
  #permitted: Bitfield | undefined;
  readonly #denied = new Set<number>();

  constructor(picker: PiecePicker, source: Source, now: number, limited?: Limited) {
    this.#picker = picker;
    this.#limited = limited;
    this.#source = source;
    this.#window = new RequestWindow(now, source.state.reqq);
    this.#perPiece = picker.geometry.blocksPerPiece;
    this.#lastBlockAt = now;
  }

  get inFlight(): number {
    return this.#window.inFlight;
  }

  /** Is there room for more? Else `refill` has nothing to do. */
  get hungry(): boolean {
    return this.#window.room > 0;
  }

  get proven(): boolean {
    return this.#blocks > 0;
  }

  /** They rejected the last of what they answered. */
  get rejecting(): boolean {
    return this.#rejecting;
  }

  get rate(): number {
    return this.#window.rate;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What they would rather give, unless they owe us what they were asked for. */
  get suggested(): Set<number> | undefined {
    return this.#window.snubbed ? undefined : this.#source.state.suggested;
  }

  get window(): RequestWindow {
    return this.#window;
  }

  /** While it is snubbed it is not asked again for what it has not sent: so no block waits for it twice. */
  owes(piece: number): boolean {
    return this.#window.snubbed && this.#window.owes(piece * this.#perPiece, (piece + 1) * this.#perPiece);
  }

  /** Another was faster. */
  cancel(piece: number, block: number): void {
    if (!this.#window.forget(piece * this.#perPiece + block)) return;
    if (this.#limited) this.#limited.allowance.give(this.#picker.geometry.blockSize(piece, block));
    if (this.#ended) return;
    this.#source.send({ type: 'cancel', piece, begin: block * BLOCK, length: this.#picker.geometry.blockSize(piece, block) });
  }

  /** True if this block was asked for here and is still missing: then it is held from now on. */
  received({ piece, begin, bytes }: PieceMessage): boolean {
    const block = begin / BLOCK;
    const { geometry } = this.#picker;
    const known = piece < geometry.pieceCount && Number.isInteger(block) && block < geometry.blockCount(piece);
    const fits = known && bytes.length === geometry.blockSize(piece, block);
    const outcome = fits ? this.#window.take(piece * this.#perPiece + block, bytes.length) : 'unexpected';
    if (outcome === 'unexpected') {
      this.unexpected++;
      return false;
    }
    if (outcome === 'late' && this.#limited) this.#limited.allowance.spend(bytes.length);
    this.#rejecting = this.overdue = false;
    this.#blocks++;
    return this.#picker.received(this, piece, block);
  }

  rejected({ piece, begin, length }: BlockRange<'reject'>, now: number): void {
    const block = begin / BLOCK;
    const { geometry } = this.#picker;
    if (piece >= geometry.pieceCount || !Number.isInteger(block) || block >= geometry.blockCount(piece) || length !== geometry.blockSize(piece, block)) return;
    const key = piece * this.#perPiece + block;
    const inFlight = this.#window.has(key);
    if (!this.#window.rejected(key)) return;
    if (inFlight && this.#limited) this.#limited.allowance.give(length);
    this.#rejecting = true;
    if (this.#source.state.choked) this.#denied.add(piece);
    this.#picker.release(this, [{ piece, block }]);
    this.refill(now);
  }

  /** Asks for as many as the window has room for. */
  refill(now: number): void {
    // A block given or freed inside may wake us again: once is enough.
    if (this.#refilling || this.#ended) return;
    const { state } = this.#source;
    const have = state.choked ? this.#allowed() : state.have;
    if (have === undefined) return;
    const window = this.#window;
    const most = state.reqq ?? MAX_WINDOW;
    // They may say it after they have unchoked us.
    if (most !== this.#most) window.most = this.#most = most;
    const free = this.#rejecting ? Math.min(window.room, REJECTED_PACE - this.#asked) : window.room;
    const room = this.#limited === undefined || free <= 0 ? free : this.#taken(this.#limited, free);
    if (room <= 0) return;
    this.#refilling = true;
    // The picker remembers how far it has looked for whom: with other pieces, for another.
    const wanted = this.#picker.next(this, state.choked ? have : this.#source, have, room, window.inFlight === 0 && !state.choked);
    if (wanted.length > 0) {
      this.#asked += wanted.length;
      const { geometry } = this.#picker;
      const requests: Message[] = new Array<Message>(wanted.length);
      for (let index = 0; index < wanted.length; index++) {
        const { piece, block } = wanted[index] as Wanted;
        window.asked(piece * this.#perPiece + block, now);
        requests[index] = { type: 'request', piece, begin: block * BLOCK, length: geometry.blockSize(piece, block) };
      }
      this.#source.send(...requests);
    }
    if (this.#limited) this.#giveRest(this.#limited, room, wanted);
    this.#refilling = false;
  }

  /** What they have of the pieces that they give though we are choked; undefined if that is nothing. */
  #allowed(): Bitfield | undefined {
    const { allowedFast, have } = this.#source.state;
    if (allowedFast === undefined || allowedFast.size === 0) return undefined;
    this.#permitted ??= new Bitfield(have.length);
    for (const piece of allowedFast) {
      if (have.has(piece) && !this.#denied.has(piece)) this.#permitted.set(piece);
      else this.#permitted.clear(piece);
    }
    return this.#permitted.count > 0 ? this.#permitted : undefined;
  }

  /** For how many blocks, of as many as there is room for, there is leave; whoever has less is woken when there is more. */
  #taken({ allowance, wake }: Limited, room: number): number {
    let taken = 0;
    while (taken < room && allowance.take(BLOCK, wake)) taken++;
    this.#held = taken < room;
    return taken;
  }

  /** Fewer were wanted, or shorter ones. */
  #giveRest({ allowance, wake }: Limited, taken: number, wanted: readonly Wanted[]): void {
    const rest = wanted.reduce((sum, each) => sum - this.#sizeOf(each), taken * BLOCK);
    if (rest > 0) allowance.give(rest);
    if (wanted.length === taken) return;
    this.#held = false;
    allowance.leave(wake);
  }

  #sizeOf({ piece, block }: Wanted): number {
    return this.#picker.geometry.blockSize(piece, block);
  }

  /** Every second: resizes, snubs who is too slow, asks again. Milliseconds since the last block while one is waited for. */
  tick(now: number): number {
    // One that rejects whatever it is asked for keeps us waiting, too.
    const rejectsAll = this.#rejecting && this.#asked > 0;
    // Nor has one that is not asked because of our limit become silent.
    const idle = this.#window.inFlight === 0 && (this.#held || (!this.#window.snubbed && !rejectsAll));
    if (this.#blocks !== this.#blocksSeen || idle) this.#lastBlockAt = now;
    this.#asked = 0;
    this.#blocksSeen = this.#blocks;
    if (this.#window.tick(now)) {
      this.#release(this.#window.expire(now));
    }
    this.overdue ||= this.#window.waited(now) >= OVERDUE;
    this.refill(now);
    return now - this.#lastBlockAt;
  }

  /** They choked us: nothing that is in flight will come. */
  giveBack(): void {
    this.#release(this.#window.drain());
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.giveBack();
    if (this.#limited) this.#limited.allowance.leave(this.#limited.wake);
    this.#picker.left(this);
  }

  #release(keys: readonly number[]): void {
    const blocks = keys.map((key) => this.#wantedOf(key));
    if (this.#limited && blocks.length > 0) this.#limited.allowance.give(blocks.reduce((sum, each) => sum + this.#sizeOf(each), 0));
    this.#picker.release(this, blocks);
  }

  #wantedOf(key: number): Wanted {
    return { piece: Math.floor(key / this.#perPiece), block: key % this.#perPiece };
  }
}
