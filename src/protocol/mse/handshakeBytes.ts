import { Malformed } from '../encoding/malformed.ts';

/** The most that each side may pad with, each time (PadA to PadD). */
export const MAX_PADDING = 512;

/**
 * The bytes of a handshake that have come and are not read yet: no more than what the next read waits for, and one
 * chunk.
 */
export class HandshakeBytes {
  #bytes: Uint8Array = new Uint8Array();

  get length(): number {
    return this.#bytes.length;
  }

  /** Takes a chunk, which is lent until {@link keep} is called. */
  push(chunk: Uint8Array): void {
    if (this.#bytes.length === 0) {
      this.#bytes = chunk;
      return;
    }
    const both = new Uint8Array(this.#bytes.length + chunk.length);
    both.set(this.#bytes);
    both.set(chunk, this.#bytes.length);
    this.#bytes = both;
  }

  /** Copies what is left of the last chunk. */
  keep(): void {
    this.#bytes = new Uint8Array(this.#bytes);
  }

  /** Returns the next `length` bytes, or undefined if they have not all come. */
  take(length: number): Uint8Array | undefined {
    if (this.#bytes.length < length) return undefined;
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** Returns everything that is left. */
  takeAll(): Uint8Array {
    return this.take(this.#bytes.length) ?? this.#bytes;
  }

  /**
   * Skips padding and the `mark` that ends it; false if the mark has not come yet. @throws Malformed if there is none
   * after {@link MAX_PADDING} bytes of padding.
   */
  skipTo(mark: Uint8Array, what: string): boolean {
    const last = Math.min(this.#bytes.length - mark.length, MAX_PADDING);
    for (let at = 0; at <= last; at++) {
      if (!this.#isAt(mark, at)) continue;
      this.#bytes = this.#bytes.subarray(at + mark.length);
      return true;
    }
    if (last === MAX_PADDING) throw new Malformed('encrypted handshake', `${what} after the padding`, 'none');
    return false;
  }

  #isAt(mark: Uint8Array, at: number): boolean {
    for (let n = 0; n < mark.length; n++) if (this.#bytes[at + n] !== mark[n]) return false;
    return true;
  }
}

/** Reads the length of a padding, two bytes. @throws Malformed if it is too long. */
export const paddingLength = (high: number, low: number): number => {
  const length = (high << 8) | low;
  if (length > MAX_PADDING) throw new Malformed('padding', `at most ${MAX_PADDING} bytes`, length);
  return length;
};

/** Random padding, of a random length. */
export const padding = (randomBytes: (length: number) => Uint8Array): Uint8Array => {
  const [high = 0, low = 0] = randomBytes(2);
  return randomBytes(((high << 8) | low) % (MAX_PADDING + 1));
};

/** All parts, one after the other. */
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
