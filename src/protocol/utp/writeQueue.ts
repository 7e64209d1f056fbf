/** Bytes that are written and not yet in packets, in order. Depends on what was put in and taken out. */
export class WriteQueue {
  readonly #chunks: Uint8Array[] = [];
  /** Where the rest of the first chunk begins. */
  #at = 0;
  #length = 0;

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** Bytes up to where the first of the chunks that were put in ends. */
  get first(): number {
    return (this.#chunks[0]?.length ?? 0) - this.#at;
  }

  /** Takes `chunk` over. */
  put(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Fills `target` from `at` on; there must be enough. */
  take(target: Uint8Array, at: number): void {
    let to = at;
    while (to < target.length) {
      const [first] = this.#chunks;
      if (first === undefined) throw new RangeError('the queue is empty');
      const end = Math.min(first.length, this.#at + target.length - to);
      target.set(first.subarray(this.#at, end), to);
      to += end - this.#at;
      this.#at = end;
      if (end < first.length) continue;
      this.#chunks.shift();
      this.#at = 0;
    }
    this.#length -= target.length - at;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#at = this.#length = 0;
  }
}
