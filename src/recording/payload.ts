import { ID } from '../protocol/peer/messages.ts';
import { MAX_BLOCK, MAX_MESSAGE } from '../protocol/peer/frames.ts';
import { HANDSHAKE_LENGTH } from '../protocol/peer/handshake.ts';
import type { FrameState } from './openStreams.ts';

/** Stands for an endless number of bytes. */
const FOR_EVER = Number.MAX_SAFE_INTEGER;
/** Bytes before the payload of a block: length, id, piece, offset. */
const BLOCK_HEADER = 13;
/** Ids of messages whose bytes we do not look at are those that are missing here. */
const KNOWN: ReadonlySet<number> = new Set(Object.values(ID));

/**
 * Where the payload of blocks is in the bytes of one direction of a wire: all else is kept. What no one reads, messages
 * of unknown types, is left out, too. Once the bytes make no sense as messages all that follows is kept.
 * Invariants: at most one of `#keep` and `#skip` is being counted down; `#have` bytes of a header are known only while
 * both are 0.
 */
export class Frames {
  /** Of extension messages, which may name addresses, only the length and id are kept. */
  readonly #masked: boolean;
  #keep = HANDSHAKE_LENGTH;
  /** What is left out once `#keep` has passed. */
  #after = 0;
  #skip = 0;
  #length = 0;
  #have = 0;

  constructor(masked = false, state?: FrameState) {
    this.#masked = masked;
    if (state === undefined) return;
    const [keep, after, skip, length, have] = state;
    this.#keep = keep === FOR_EVER ? Infinity : keep;
    [this.#after, this.#skip, this.#length, this.#have] = [after, skip, length, have];
  }

  /** For another one that goes on from here. */
  get state(): FrameState {
    const keep = Number.isFinite(this.#keep) ? this.#keep : FOR_EVER;
    return [keep, this.#after, this.#skip, this.#length, this.#have];
  }

  /**
   * How many of the next bytes are kept (if positive) or left out (if negative), at most `most`; 0 when the next one
   * byte has to be looked at by {@link look}.
   */
  next(most: number): number {
    if (this.#keep > 0) return Math.min(this.#keep, most);
    return this.#skip > 0 ? -Math.min(this.#skip, most) : 0;
  }

  /** So many bytes of what `next` said have passed. */
  pass(count: number): void {
    if (this.#keep > 0) {
      this.#keep -= count;
      if (this.#keep === 0 && this.#after > 0) [this.#skip, this.#after] = [this.#after, 0];
    } else this.#skip -= count;
  }

  /**
   * Does a message begin here whose whole header is in the chunk? Then so many of its bytes are kept at once, and what
   * follows them is by `next`; else 0.
   */
  begin(chunk: Uint8Array, at: number): number {
    if (this.#have > 0 || chunk.length - at < BLOCK_HEADER) return 0;
    const length = uint32(chunk, at);
    const id = chunk[at + 4] as number;
    if (id === ID.piece && length > 9 && length <= MAX_BLOCK + 9) {
      this.#skip = length - 9;
      return BLOCK_HEADER;
    }
    if (length === 0 || length > MAX_MESSAGE || id === ID.extended || !KNOWN.has(id)) return 0;
    this.#keep = length - 1;
    return 5;
  }

  check(): void {
    if (this.#keep < 0 || this.#skip < 0 || this.#have > 4) throw new Error('a run that is over has passed');
    if (this.#keep > 0 && this.#skip > 0) throw new Error('bytes are kept and left out at one time');
    if (this.#have > 0 && this.#keep + this.#skip > 0) throw new Error('a header within a message');
  }

  /** One byte of a header; it is kept. */
  look(byte: number): void {
    if (this.#have < 4) {
      this.#length = this.#length * 256 + byte;
      this.#have++;
      if (this.#have === 4 && this.#length === 0) this.#have = 0;
      return;
    }
    const length = this.#length;
    this.#have = this.#length = 0;
    if (length > MAX_MESSAGE) this.#keep = Infinity;
    else if (byte === ID.piece && length > 9 && length <= MAX_BLOCK + 9) [this.#keep, this.#after] = [8, length - 9];
    else if (byte === ID.extended && this.#masked) this.#skip = length - 1;
    else if (KNOWN.has(byte)) this.#keep = length - 1;
    else this.#skip = length - 1;
  }
}

const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) * 2 ** 24 +
  (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8)) +
  (bytes[at + 3] as number);

const NOTHING = new Uint8Array();

/** Leaves the payload out. What it returns is lent until the next call. */
export class Skimmer {
  readonly #frames: Frames;
  #out = new Uint8Array(1024);
  #at = 0;

  constructor(masked = false) {
    this.#frames = new Frames(masked);
  }

  get state(): FrameState {
    return this.#frames.state;
  }

  /** The bytes of `chunk` that are kept. */
  skim(chunk: Uint8Array): Uint8Array {
    // A chunk within a block, of which nothing is kept.
    if (this.#frames.next(chunk.length) === -chunk.length) {
      this.#frames.pass(chunk.length);
      return NOTHING;
    }
    this.#at = 0;
    for (let at = 0; at < chunk.length; ) {
      const run = this.#frames.next(chunk.length - at);
      if (run < 0) {
        at -= run;
        this.#frames.pass(-run);
      } else if (run > 0) {
        this.#keep(chunk, at, run);
        at += run;
        this.#frames.pass(run);
      } else {
        const begun = this.#frames.begin(chunk, at);
        this.#keep(chunk, at, Math.max(begun, 1));
        if (begun === 0) this.#frames.look(chunk[at] as number);
        at += Math.max(begun, 1);
      }
    }
    return this.#out.subarray(0, this.#at);
  }

  #keep(chunk: Uint8Array, from: number, count: number): void {
    if (this.#at + count > this.#out.length) {
      const out = new Uint8Array(Math.max(this.#at + count, 2 * this.#out.length));
      out.set(this.#out);
      this.#out = out;
    }
    for (let n = 0; n < count; n++) this.#out[this.#at++] = chunk[from + n] as number;
  }
}

/** Fills in what a {@link Skimmer} has left out. */
export class Filler {
  readonly #frames: Frames;

  constructor(masked = false, state?: FrameState) {
    this.#frames = new Frames(masked, state);
  }

  /**
   * A chunk of `length` bytes, of which `kept` are known; the others are 0. Undefined if `kept` can't be what was kept
   * of it.
   */
  fill(kept: Uint8Array, length: number): Uint8Array | undefined {
    const chunk = new Uint8Array(length);
    let from = 0;
    for (let at = 0; at < length; ) {
      const run = this.#frames.next(length - at);
      if (run < 0) {
        at -= run;
        this.#frames.pass(-run);
        continue;
      }
      const count = Math.max(run, 1);
      if (from + count > kept.length) return undefined;
      chunk.set(kept.subarray(from, from + count), at);
      if (run === 0) this.#frames.look(kept[from] as number);
      else this.#frames.pass(run);
      from += count;
      at += count;
    }
    return from === kept.length ? chunk : undefined;
  }
}
