/** Bytes of one chunk. */
const SIZE = 65_536;
/** Buffers kept for later; any more are used once. */
const MAX_FREE = 8;

/**
 * Memory in which the payloads of several datagrams become one chunk: the reader of a connection does so much more
 * cheaply in large chunks. Invariant: few buffers are kept.
 */
export class ChunkBuffers {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(SIZE);
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < MAX_FREE) this.#free.push(buffer);
  }

  check(): void {
    if (this.#free.length > MAX_FREE) throw new RangeError(`${this.#free.length} buffers are kept`);
  }
}

/** What has come on one connection and has not been read, in order. Depends on what was put in since it was read. */
export class Gathered {
  readonly #buffers: ChunkBuffers;
  readonly #read: (chunk: Uint8Array) => void;
  #buffer: Uint8Array | undefined;
  #length = 0;

  /** `read` is lent a chunk. */
  constructor(buffers: ChunkBuffers, read: (chunk: Uint8Array) => void) {
    this.#buffers = buffers;
    this.#read = read;
  }

  /** Copies `bytes`, which are at most a datagram. */
  put(bytes: Uint8Array): void {
    if (this.#length + bytes.length > SIZE) this.flush();
    const buffer = (this.#buffer ??= this.#buffers.take());
    buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** All that has been put in is read. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    const length = this.#length;
    this.#buffer = undefined;
    this.#length = 0;
    this.#read(buffer.subarray(0, length));
    this.#buffers.give(buffer);
  }
}
