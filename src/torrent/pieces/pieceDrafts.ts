import { BLOCK, type Geometry } from '../geometry.ts';
import { ChurningMap } from './churningMap.ts';

/** Bytes of free buffers that are kept while none is lent; one buffer, if it is larger. */
export const KEPT_IDLE = 2 ** 20;

/**
 * Buffers of one size, used again and again: the first touch of fresh memory costs more than hashing it.
 * Last in, first out, so that the warmest is used next. In shared memory if other threads are to hash in place.
 * Once all of them are back, as when a download is complete, most are let go: a seed needs none.
 */
export class PieceBuffers {
  readonly size: number;
  /** Buffers lent out now, and made so far. */
  lent = 0;
  made = 0;
  readonly #free: Uint8Array[] = [];
  readonly shared: boolean;

  constructor(size: number, { shared = false }: { readonly shared?: boolean } = {}) {
    this.size = size;
    this.shared = shared;
  }

  /** Not a `Buffer`: what `slice` gives of it is a copy, which outlives what is lent. */
  take(): Uint8Array {
    this.lent++;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.made++;
    return new Uint8Array(this.shared ? new SharedArrayBuffer(this.size) : new ArrayBuffer(this.size));
  }

  give(buffer: Uint8Array): void {
    this.lent--;
    this.#free.push(buffer);
    if (this.lent === 0) this.#free.splice(0, this.#free.length - Math.max(1, Math.floor(KEPT_IDLE / this.size)));
  }
}

/** Digests bytes that are handed over one after the other. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Bytes digested at one time: few calls, and still in the processor's cache. */
const STRIDE = 4 * BLOCK;

/** A whole piece as it comes out of the drafts. `release` gives its buffer back, once. */
export interface Draft<Who> {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly from: readonly Who[];
  /** Of `bytes`, if they were digested while they came. */
  readonly digest: Uint8Array | undefined;
  release(): void;
  /** Instead of `release`, before other blocks of it come: what is gathered stays, but for the blocks `wrong`. */
  keep(wrong: readonly number[]): void;
}

class Open<Who> {
  readonly buffer: Uint8Array;
  readonly from: (Who | undefined)[];
  missing: number;
  /** The same memory, if it is shared. */
  readonly #shared: Buffer | undefined;
  readonly #hasher: Hasher | undefined;
  /** Blocks from the first one on without a gap, and bytes of them that are digested. */
  #ready = 0;
  #digested = 0;

  constructor(buffer: Uint8Array, blocks: number, hasher: Hasher | undefined) {
    this.buffer = buffer;
    this.#shared = buffer.buffer instanceof SharedArrayBuffer ? Buffer.from(buffer.buffer) : undefined;
    this.from = new Array<Who | undefined>(blocks).fill(undefined);
    this.missing = blocks;
    this.#hasher = hasher;
  }

  put(block: number, bytes: Uint8Array, from: Who): void {
    // V8 sets shared memory word by word, which takes ten times as long as to fill it.
    if (this.#shared !== undefined) this.#shared.fill(bytes, block * BLOCK, block * BLOCK + bytes.length);
    else this.buffer.set(bytes, block * BLOCK);
    this.from[block] = from;
    this.missing--;
    if (this.#hasher === undefined) return;
    while (this.#ready < this.from.length && this.from[this.#ready] !== undefined) this.#ready++;
    if (this.#ready < this.from.length && this.#ready * BLOCK - this.#digested >= STRIDE)
      this.#update(this.#hasher, this.#ready * BLOCK);
  }

  /** The same without the blocks `wrong`, which are missing again. Not digested: what is wrong was digested. */
  without(wrong: readonly number[]): Open<Who> {
    const open = new Open<Who>(this.buffer, this.from.length, undefined);
    for (let block = 0; block < this.from.length; block++) open.from[block] = this.from[block];
    for (const block of wrong) open.from[block] = undefined;
    open.missing = wrong.length;
    return open;
  }

  /** Of all `size` bytes. */
  digest(size: number): Uint8Array | undefined {
    if (this.#hasher === undefined) return undefined;
    this.#update(this.#hasher, size);
    return this.#hasher.digest();
  }

  #update(hasher: Hasher, end: number): void {
    hasher.update(this.buffer.subarray(this.#digested, end));
    this.#digested = end;
  }
}

/**
 * Gathers blocks into pieces; makes the only copy of their bytes, and digests them as far as they come in order, while
 * they are in the processor's cache. Depends on the picker accepting a block but once.
 * Invariant: a buffer is lent to exactly one open draft or one whole piece not yet released.
 */
export class PieceDrafts<Who> {
  /** Bytes copied so far. */
  gathered = 0;
  readonly #geometry: Geometry;
  readonly #buffers: PieceBuffers;
  readonly #hasher: () => Hasher | undefined;
  readonly #open = new ChurningMap<number, Open<Who>>();

  /** Without a `hasher` nothing is digested. */
  constructor(
    geometry: Geometry,
    buffers: PieceBuffers = new PieceBuffers(Math.min(geometry.pieceLength, geometry.length)),
    hasher: () => Hasher | undefined = () => undefined,
  ) {
    this.#geometry = geometry;
    this.#buffers = buffers;
    this.#hasher = hasher;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Copies the block. The whole piece, if it was the last one missing. @throws RangeError for a block twice or out of
   * place.
   */
  add({
    piece,
    begin,
    bytes,
    from,
  }: {
    readonly piece: number;
    readonly begin: number;
    readonly bytes: Uint8Array;
    readonly from: Who;
  }): Draft<Who> | undefined {
    const block = begin / BLOCK;
    let open = this.#open.get(piece);
    if (open === undefined) {
      open = this.#begun(piece);
      this.#open.set(piece, open);
    }
    if (
      !Number.isInteger(block) ||
      block >= open.from.length ||
      open.from[block] !== undefined ||
      bytes.length !== this.#geometry.blockSize(piece, block)
    ) {
      throw new RangeError(`piece ${piece} offset ${begin}, ${bytes.length} bytes: not a block that is missing`);
    }
    open.put(block, bytes, from);
    this.gathered += bytes.length;
    return open.missing === 0 ? this.#finish(piece, open) : undefined;
  }

  /** Padding at the end is there from the beginning. */
  #begun(piece: number): Open<Who> {
    const buffer = this.#buffers.take();
    const blocks = this.#geometry.fetchedCount(piece);
    if (blocks < this.#geometry.blockCount(piece)) buffer.fill(0, blocks * BLOCK, this.#geometry.pieceSize(piece));
    return new Open<Who>(buffer, blocks, this.#hasher());
  }

  /** What is gathered of `piece` is void. */
  drop(piece: number): void {
    const open = this.#open.get(piece);
    if (open === undefined) return;
    this.#open.delete(piece);
    this.#buffers.give(open.buffer);
  }

  #finish(index: number, open: Open<Who>): Draft<Who> {
    this.#open.delete(index);
    const buffers = this.#buffers;
    const { buffer, from } = open;
    const size = this.#geometry.pieceSize(index);
    let released = false;
    return {
      index,
      bytes: buffer.subarray(0, size),
      from: from as Who[],
      digest: open.digest(size),
      release() {
        if (released) return;
        released = true;
        buffers.give(buffer);
      },
      keep: (wrong) => {
        if (released) return;
        released = true;
        this.#open.set(index, open.without(wrong));
      },
    };
  }

  check(): void {
    const open = [...this.#open.keys()].map((piece) => this.#open.get(piece) as Open<Who>);
    if (new Set(open.map(({ buffer }) => buffer)).size < open.length) throw new RangeError('two drafts share a buffer');
    if (this.#buffers.lent < open.length)
      throw new RangeError(`${this.#buffers.lent} buffers for ${open.length} drafts`);
    for (const { from, missing } of open)
      if (missing !== from.filter((each) => each === undefined).length || missing === 0)
        throw new RangeError(`${missing} blocks are missing of ${from.length}`);
  }
}
