/** Bytes that one stretch of blocks is encoded into: 256 KiB, and the header before each block. */
const SIZE = 262_144 + 1_024;
/** Below this size fresh memory costs less than bookkeeping. */
const LEAST = 16_384;
/** Buffers kept for later; any more are used once. */
const MAX_FREE = 8;

/**
 * Memory for what is about to be written, used again after the write: fresh memory for each block costs more than
 * everything else that a seed does. Invariant: a buffer is free at most once, and only when it is not lent; few are
 * kept.
 */
export class WriteBuffers {
  readonly #free: ArrayBuffer[] = [];
  readonly #lent = new Set<ArrayBufferLike>();

  /** A buffer of `size` bytes, of any content, for one write. */
  take(size: number): Uint8Array {
    if (size < LEAST || size > SIZE) return new Uint8Array(size);
    const memory = this.#free.pop() ?? new ArrayBuffer(SIZE);
    this.#lent.add(memory);
    return new Uint8Array(memory, 0, size);
  }

  /** True if this memory comes from here: then it is to be given back. */
  owns({ buffer }: Uint8Array): boolean {
    return this.#lent.has(buffer);
  }

  /** Takes back memory that has been written. After an error it may still be in use, so it is dropped. */
  give({ buffer }: Uint8Array, error?: unknown): void {
    if (this.#lent.delete(buffer) && !error && this.#free.length < MAX_FREE) this.#free.push(buffer as ArrayBuffer);
  }

  get free(): number {
    return this.#free.length;
  }

  /** Buffers that are written, or about to be. */
  get lent(): number {
    return this.#lent.size;
  }

  check(): void {
    if (this.#free.length > MAX_FREE) throw new RangeError(`${this.#free.length} buffers are kept`);
    if (new Set(this.#free).size < this.#free.length) throw new RangeError('a buffer is free twice');
    if (this.#free.some((buffer) => this.#lent.has(buffer))) throw new RangeError('a buffer is free, and lent');
  }
}
