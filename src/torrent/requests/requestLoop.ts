import type { Message, PieceMessage } from '../../protocol/peer/messages.ts';
import type { PiecePicker } from '../picker/piecePicker.ts';
import { cancelOf, wantedOf } from './blockKeys.ts';
import { deferrable } from './deferrable.ts';
import { Habits, MAX_UNASKED } from './habits.ts';
import { Requests } from './requests.ts';
import type { Limited, Source } from './source.ts';
import type { WindowRule } from './windowRule.ts';

/**
 * Chokes in a row, each with requests in flight or all rejected, and no block, before others that wait have their turn.
 */
const MAX_BARREN = 10;
/** Milliseconds. */
const MAKES_WAY_EVERY = 500;
const NONE: ReadonlySet<number> = new Set();

export interface RequestLoopOptions {
  /** Milliseconds. */
  readonly clock: () => number;
  /** Asked for leave before the peer is asked for a block. */
  readonly allowance?: Limited['allowance'] | undefined;
  /** Others wait for the place of this peer. */
  readonly contested: () => boolean;
  /** The peer is at fault: said once, and it is not asked again after it. */
  readonly fault: (code: 'silent' | 'unexpected', what: string) => void;
}

/**
 * What one peer is asked for, from its first unchoke to its last word: the requests of one unchoke after the other.
 * Depends on what the peer says, on the picker and the window, and on the user's rule. Invariant: while the peer chokes
 * us, and nothing that it may still answer is in flight, the requests are over.
 */
export class RequestLoop {
  readonly #picker: PiecePicker;
  readonly #source: Source;
  readonly #options: RequestLoopOptions;
  readonly #habits: Habits;
  readonly #limited: Limited | undefined;
  #requests: Requests;
  /** Of `#requests`, as far as they are counted. */
  #unexpected = 0;
  /** Pieces that may be asked for while we are choked. */
  #allowed: number;
  #had: number;
  #started = false;
  /** Of the picker's readers, those that way was made for; and when. */
  #jumps = 0;
  #madeWayAt = -Infinity;

  constructor(picker: PiecePicker, source: Source, options: RequestLoopOptions) {
    const { clock, allowance } = options;
    this.#picker = picker;
    this.#source = source;
    this.#options = options;
    this.#habits = new Habits(clock());
    this.#limited = allowance && { allowance, wake: () => this.refill() };
    this.#requests = this.#begin();
    this.#allowed = (source.state.allowedFast ?? NONE).size;
    this.#had = source.state.have.count;
  }

  /** Blocks that the peer has been asked for and has not sent yet. */
  get inFlight(): number {
    return this.#requests.inFlight;
  }

  /** How many requests the user wants in flight; obeyed at once. */
  set rule(rule: WindowRule | undefined) {
    if (rule === this.#habits.rule) return;
    this.#habits.rule = rule;
    this.#requests.window.obey();
    if (this.#started) this.refill();
  }

  /** Asks for the first blocks; the rule that holds at the beginning has been set before. */
  start(): void {
    this.#started = true;
    this.refill();
  }

  /** There are blocks, or there is room, to ask for more. */
  refill(): void {
    const now = this.#options.clock();
    if (this.#picker.readers.jumps === this.#jumps) this.#requests.refill(now);
    else this.#makeWay(now);
  }

  /**
   * What a new reader needs does not wait until all has come that was asked for before, but for what the peer is about
   * to send: the rest is cancelled, and asked for behind it. A reader that jumps all the time does not have us cancel
   * all the time.
   */
  #makeWay(now: number): void {
    const { readers, geometry } = this.#picker;
    if (now - this.#madeWayAt < MAKES_WAY_EVERY) return this.#requests.refill(now);
    this.#jumps = readers.jumps;
    const keys = deferrable(this.#picker, this.#source.state.have, this.#requests.window);
    if (keys.length > 0) this.#madeWayAt = now;
    const blocks = keys.map((key) => wantedOf(geometry, key));
    for (const { piece, block } of blocks) this.#requests.cancel(piece, block);
    this.#picker.release(this.#requests, blocks);
    this.#requests.refill(now, true);
  }

  /** A block has come: true if it is to be passed on. `goOn` follows in either case. */
  took(message: PieceMessage): boolean {
    const requests = this.#requests;
    if (message.bytes.length === 0 && requests.declined(message, this.#options.clock())) return false;
    if (requests.received(message)) return true;
    if (requests.unexpected !== this.#unexpected) {
      this.#unexpected = requests.unexpected;
      if (this.#habits.lies.add(this.#options.clock()))
        this.#options.fault('unexpected', `sent ${MAX_UNASKED} blocks that were not asked for`);
    }
    return false;
  }

  /** A block that has come has been passed on, if it was. */
  goOn(): void {
    if (this.#requests.hungry) {
      const now = this.#options.clock();
      this.#requests.window.heard(now);
      this.#requests.refill(now);
    }
    this.#rest();
  }

  /** Any message but a block. */
  heard(message: Message): void {
    const { state } = this.#source;
    switch (message.type) {
      case 'have':
        // A peer that has something to give again is not kept waiting; a busy one is asked when there is room. One that
        // repeats itself is not heard.
        if (this.#requests.inFlight === 0 && state.have.count !== this.#had && !this.#picker.stored.has(message.piece))
          this.refill();
        this.#had = state.have.count;
        break;
      case 'reject':
        this.#requests.rejected(message, this.#options.clock());
        break;
      case 'choke':
        this.#choked();
        break;
      case 'unchoke':
        this.#requests.giveUpChoked();
        this.#resume();
        break;
      case 'allowedFast': {
        const allowed = (state.allowedFast ?? NONE).size;
        if (allowed > this.#allowed) this.#resume();
        this.#allowed = allowed;
        break;
      }
      default:
        return;
    }
    this.#rest();
  }

  /** Every second. Milliseconds since the last block while one is waited for, else 0 or less. */
  tick(): number {
    this.#cancelNeedless();
    const now = this.#options.clock();
    this.#habits.tick(now);
    if (this.#picker.readers.jumps !== this.#jumps) this.#makeWay(now);
    const silence = this.#requests.tick(now);
    // With the fast extension a choke is over when all is rejected, or no longer waited for.
    this.#rest();
    return silence;
  }

  end(): void {
    this.#requests.end();
  }

  /** What was written off and has come from elsewhere need not be sent any more. */
  #cancelNeedless(): void {
    const { geometry } = this.#picker;
    const isNeedless = (key: number): boolean => {
      const { piece, block } = wantedOf(geometry, key);
      return !this.#picker.lacks(piece, block);
    };
    const keys = this.#requests.window.writtenOff.cancelled(isNeedless);
    if (keys.length > 0) this.#source.send(...keys.map((key) => cancelOf(geometry, wantedOf(geometry, key))));
  }

  #begin(): Requests {
    return new Requests(this.#picker, this.#source, this.#options.clock(), this.#limited, this.#habits);
  }

  #resume(): void {
    if (this.#requests.ended) {
      this.#requests = this.#begin();
      this.#unexpected = 0;
    }
    this.refill();
  }

  #choked(): void {
    this.#requests.choked(this.#options.clock());
    if (this.#habits.barren >= MAX_BARREN && this.#options.contested())
      this.#options.fault('silent', `choked us ${MAX_BARREN} times before it sent a block`);
  }

  #rest(): void {
    if (this.#source.state.choked && this.#requests.inFlight === 0) this.#requests.end();
  }

  check(): void {
    this.#requests.check();
    if (this.#source.state.choked && this.#requests.inFlight === 0 && !this.#requests.ended)
      throw new RangeError('a peer that chokes us is still asked');
  }
}
