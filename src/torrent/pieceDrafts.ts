import { BLOCK, type Geometry } from './geometry.ts';

/**
 * Buffers of one size, used again and again: the first touch of fresh memory costs more than hashing it.
 * Last in, first out, so that the warmest is used next. In shared memory if other threads are to hash in place: copying into that
 * is word by word in V8, and takes three times as long.
 */
export class PieceBuffers {
  readonly size: number;
  /** Buffers lent out now, and made so far. */
  lent = 0;
  made = 0;
  readonly #free: Uint8Array[] = [];
  readonly #shared: boolean;

  constructor(size: number, { shared = false }: { readonly shared?: boolean } = {}) {
    this.size = size;
    this.#shared = shared;
  }

  take(): Uint8Array {
    this.lent++;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.made++;
    return new Uint8Array(this.#shared ? new SharedArrayBuffer(this.size) : new ArrayBuffer(this.size));
  }

  give(buffer: Uint8Array): void {
    this.lent--;
    this.#free.push(buffer);
  }
}

/** A whole piece as it comes out of the drafts. `release` gives its buffer back, once. */
export interface Draft<Who> {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly from: readonly Who[];
  release(): void;
}

interface Open<Who> {
  readonly buffer: Uint8Array;
  readonly from: (Who | undefined)[];
  missing: number;
}

/**
 * Gathers blocks into pieces; makes the only copy of their bytes. Depends on the picker accepting a block but once.
 * Invariant: a buffer is lent to exactly one open draft or one whole piece not yet released.
 */
export class PieceDrafts<Who> {
  /** Bytes copied so far. */
  gathered = 0;
  readonly #geometry: Geometry;
  readonly #buffers: PieceBuffers;
  readonly #open = new Map<number, Open<Who>>();

  constructor(geometry: Geometry, buffers: PieceBuffers = new PieceBuffers(Math.min(geometry.pieceLength, geometry.length))) {
    this.#geometry = geometry;
    this.#buffers = buffers;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Copies the block. The whole piece, if it was the last one missing. @throws RangeError for a block twice or out of place. */
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
      const count = this.#geometry.blockCount(piece);
      open = { buffer: this.#buffers.take(), from: new Array<Who | undefined>(count).fill(undefined), missing: count };
      this.#open.set(piece, open);
    }
    if (!Number.isInteger(block) || block >= open.from.length || open.from[block] !== undefined || bytes.length !== this.#geometry.blockSize(piece, block)) {
      throw new RangeError(`piece ${piece} offset ${begin}, ${bytes.length} bytes: not a block that is missing`);
    }
    open.buffer.set(bytes, begin);
    open.from[block] = from;
    open.missing--;
    this.gathered += bytes.length;
    return open.missing === 0 ? this.#finish(piece, open) : undefined;
  }

  /** What is gathered of `piece` is void. */
  drop(piece: number): void {
    const open = this.#open.get(piece);
    if (open === undefined) return;
    this.#open.delete(piece);
    this.#buffers.give(open.buffer);
  }

  #finish(index: number, { buffer, from }: Open<Who>): Draft<Who> {
    this.#open.delete(index);
    const buffers = this.#buffers;
    let released = false;
    return {
      index,
      bytes: buffer.subarray(0, this.#geometry.pieceSize(index)),
      from: from as Who[],
      release() {
        if (released) return;
        released = true;
        buffers.give(buffer);
      },
    };
  }
}
