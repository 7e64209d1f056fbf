import type { BlockRange, Message } from '../../protocol/peer/messages.ts';
import type { Geometry } from '../geometry.ts';
import { ReadAhead } from './readAhead.ts';
import type { ReadBudget } from './readBudget.ts';
import { covers, type Range, RequestQueue, type Stretch } from './requestQueue.ts';
import type { Allowance } from '../rates/tokenBucket.ts';

/** The peer that downloads. `allowing` are the pieces that it may have while it is choked. */
export interface Served {
  readonly state: { readonly choking: boolean; readonly fast: boolean; readonly allowing: ReadonlySet<number> };
  /** False when the send buffer is full. */
  send(...messages: readonly Message[]): boolean;
}

export interface UploadSessionOptions {
  readonly geometry: Geometry;
  /** May piece `index` be uploaded? */
  readonly has: (index: number) => boolean;
  /** Fills `into` from `begin` of piece `index`, and then calls `done`, once: with false if that fails. */
  readonly read: (index: number, begin: number, into: Uint8Array, done: (whole: boolean) => void) => void;
  /** This piece will be read soon. */
  readonly expect?: ((index: number) => void) | undefined;
  /** Requests that are queued, of a peer that is told of those that are not. */
  readonly reqq: number;
  /** What long reads are taken from. */
  readonly budget: ReadBudget;
  readonly limit?: Allowance | undefined;
  /** May a choked peer have its allowed-fast pieces? Default yes. */
  readonly allowsFast?: (() => boolean) | undefined;
  /** Is called once for an offence of the peer; nothing is sent after it. */
  readonly offended: (code: 'unexpected' | 'timeout', what: string) => void;
}

/** Bytes written at once: written bytes can't be cancelled, so a slow peer gets less. */
const LEAST_WRITE = 32_768;
const MOST_WRITE = 262_144;
/** Milliseconds for the buffer to drain: a faster peer gets more at once, a slower one less. */
const QUICK = 100;
const SLOW = 400;
/**
 * Refused requests that are tolerated. Each block sent makes up for one; each choke of ours for as many as we queue.
 */
export const MAX_REFUSED = 300;
/** Requests queued of a peer that can't be told of any that is refused (no fast extension): more than anybody keeps. */
export const MAX_QUEUED = 2_000;
/** How often a choked peer may download its allowed-fast pieces: it may request lost blocks again, but not for ever. */
const GIFTS = 2;
/** Messages to a peer that does not read what was sent before. */
export const MAX_UNREAD = 2_000;
/** Milliseconds without reading. */
const DEAF_AFTER = 120_000;

/**
 * The requests of one peer and their answers. Depends on whether we choke the peer, on the pieces that may be uploaded,
 * on how fast the peer reads, and on the rate limit. Answers in the order of the requests; those that follow each other
 * are written at once. Invariant: while the send buffer is full nothing is written but refusals, and of these
 * MAX_UNREAD at most. No request is left waiting for ever: it is answered, or refused in words, or the peer is left.
 */
export class UploadSession {
  readonly #peer: Served;
  readonly #options: UploadSessionOptions;
  readonly #queue: RequestQueue;
  readonly #ahead: ReadAhead;
  /** The piece of the last request. */
  #expected = -1;
  #serving = false;
  #ended = false;
  #write = LEAST_WRITE;
  /** Since when the send buffer has been full. */
  #fullSince: number | undefined;
  #unread = 0;
  #credit = MAX_REFUSED;
  /** Bytes sent while the peer was choked. */
  #gifts = 0;
  #choking = true;
  /** No request has come since the last look. */
  #quiet = true;
  #now: number;
  readonly #wake = (): void => this.#serve();

  constructor(peer: Served, options: UploadSessionOptions, now: number) {
    this.#peer = peer;
    this.#options = options;
    const { geometry, read, budget, reqq } = options;
    this.#queue = new RequestQueue(geometry, peer.state.fast ? reqq : Math.max(reqq, MAX_QUEUED));
    this.#ahead = new ReadAhead({ geometry, read, budget, ended: (failed) => this.#wasRead(failed) });
    this.#now = now;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  requested(range: BlockRange<'request'>, now: number): void {
    this.#now = now;
    this.#quiet = false;
    this.#sift();
    if (!this.#mayHave(range.piece) || !this.#queue.add(range)) return this.#refuseOne(range);
    if (range.piece !== this.#expected) this.#options.expect?.(range.piece);
    this.#expected = range.piece;
    this.#serve();
  }

  cancelled(range: BlockRange<'cancel'>): void {
    if (!this.#queue.remove(range)) return;
    this.#say([rejection(this.#peer, range)].flat());
  }

  /** The send buffer has room again. */
  drained(now: number): void {
    if (this.#fullSince !== undefined) this.#adapt(now - this.#fullSince);
    this.#now = now;
    this.#fullSince = undefined;
    this.#unread = 0;
    this.#serve();
  }

  /** To be called now and then: does the peer still read? */
  look(now: number): void {
    this.#now = now;
    if (this.#fullSince !== undefined && now - this.#fullSince >= DEAF_AFTER)
      this.#offended('timeout', `has read nothing for ${Math.round((now - this.#fullSince) / 1000)} s`);
    this.#sift();
    if (this.#quiet) this.#ahead.rest();
    else this.#ahead.look();
    this.#quiet = true;
  }

  end(): void {
    this.#ended = true;
    this.#ahead.rest();
    this.#options.limit?.leave(this.#wake);
  }

  #mayHave(piece: number): boolean {
    return (!this.#peer.state.choking || this.#isGift(piece)) && this.#options.has(piece);
  }

  #isGift(piece: number): boolean {
    const { allowing } = this.#peer.state;
    const { geometry, allowsFast } = this.#options;
    if (!allowing.has(piece) || this.#gifts >= GIFTS * allowing.size * geometry.pieceLength) return false;
    return allowsFast?.() !== false;
  }

  /** Refuses requests from before a choke, or before a piece was lost. */
  #sift(): void {
    const { choking } = this.#peer.state;
    if (choking === this.#choking) return;
    this.#choking = choking;
    if (choking) this.#credit += this.#options.reqq;
    this.#refuse(this.#queue.sift((piece) => this.#mayHave(piece)));
  }

  /** Better no connection than one whose other end waits for what it never gets. */
  #refuseOne(range: Range): void {
    if (this.#peer.state.fast || !this.#queue.full) this.#refuse([range]);
    else this.#offended('unexpected', `asked for more than ${MAX_QUEUED} blocks at one time`);
  }

  #refuse(ranges: readonly Range[]): void {
    this.#credit -= ranges.length;
    if (this.#credit < 0) this.#offended('unexpected', `asked more than ${MAX_REFUSED} times for what it can't have`);
    else this.#say(ranges.flatMap((range) => rejection(this.#peer, range)));
  }

  #say(messages: readonly Message[]): void {
    if (messages.length === 0 || this.#ended) return;
    if (this.#fullSince !== undefined && (this.#unread += messages.length) > MAX_UNREAD)
      return this.#offended('unexpected', `asked, and did not read ${MAX_UNREAD} answers`);
    if (!this.#peer.send(...messages)) this.#fullSince ??= this.#now;
  }

  #offended(code: 'unexpected' | 'timeout', what: string): void {
    if (this.#ended) return;
    this.end();
    this.#options.offended(code, what);
  }

  #adapt(took: number): void {
    if (took <= QUICK) this.#write = Math.min(MOST_WRITE, this.#write * 2);
    else if (took >= SLOW) this.#write = Math.max(LEAST_WRITE, this.#write / 2);
  }

  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    while (!this.#ended) {
      this.#sift();
      this.#ahead.fetch(this.#queue, this.#write === MOST_WRITE);
      const first = this.#queue.first();
      if (first === undefined) break;
      const stretch = this.#ahead.covering(first);
      if (stretch === undefined && this.#ahead.reading) break;
      if (stretch === undefined) continue;
      if (!this.#mayHave(first.piece)) this.#refuse(this.#queue.sift((piece) => this.#mayHave(piece)));
      else if (this.#fullSince !== undefined || !this.#give(this.#queue.run(this.#write), stretch)) break;
    }
    this.#serving = false;
  }

  /** False if the rate limit is reached: then we are woken later. */
  #give(run: readonly Range[], stretch: Stretch): boolean {
    const messages: Message[] = [];
    let leave = true;
    for (const range of run) {
      if (!covers(stretch, range)) break;
      leave = this.#options.limit?.take(range.length, this.#wake) ?? true;
      if (!leave) break;
      this.#queue.remove(range);
      if (this.#peer.state.choking) this.#gifts += range.length;
      const at = range.begin - stretch.begin;
      messages.push({
        type: 'piece',
        piece: range.piece,
        begin: range.begin,
        bytes: stretch.bytes.subarray(at, at + range.length),
      });
    }
    this.#credit = Math.max(this.#credit, Math.min(MAX_REFUSED, this.#credit + messages.length));
    this.#say(messages);
    // Where all of it is taken at once there is nothing to wait for.
    if (messages.length > 0 && this.#fullSince === undefined) this.#adapt(0);
    return leave;
  }

  #wasRead(failed: number | undefined): void {
    if (failed !== undefined) this.#refuse(this.#queue.sift((waiting) => waiting !== failed));
    this.#serve();
  }

  check(): void {
    this.#ahead.check();
    if (!this.#ended && this.#unread > MAX_UNREAD) throw new RangeError(`${this.#unread} messages are not read`);
    this.#queue.check();
  }
}

/** With the fast extension no request is ignored silently. */
const rejection = ({ state }: Served, { piece, begin, length }: Range): readonly Message[] =>
  state.fast ? [{ type: 'reject', piece, begin, length }] : [];
