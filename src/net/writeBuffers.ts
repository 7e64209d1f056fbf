/** What one stretch of blocks is encoded into: 256 KiB, and what stands before each block. */
const SIZE = 262_144 + 1_024;
/** Below this fresh memory costs less than keeping account. */
const LEAST = 16_384;
/** Buffers kept for later; more are for one use. */
const MAX_FREE = 8;

/**
 * Memory for what is about to be written, used again once it is: fresh memory for each block costs more than all else
 * that a seed does. Invariant: a buffer is free at most once, and only when it is not lent; few are kept.
 */
export class WriteBuffers {
  readonly #free: ArrayBuffer[] = [];
  readonly #lent = new Set<ArrayBufferLike>();

  /** Of `size` bytes, of any content, for one write. */
  take(size: number): Uint8Array {
    if (size < LEAST || size > SIZE) return new Uint8Array(size);
    const memory = this.#free.pop() ?? new ArrayBuffer(SIZE);
    this.#lent.add(memory);
    return new Uint8Array(memory, 0, size);
  }

  /** True if this is memory of ours: then it is to be given back. */
  owns({ buffer }: Uint8Array): boolean {
    return this.#lent.has(buffer);
  }

  /** It has been written, if `error` does not say that it may still be. */
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
