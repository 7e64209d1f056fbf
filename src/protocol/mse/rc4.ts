const STATES = 256;
/** Bytes at the beginning of the key stream that are thrown away, since they tell something about the key. */
export const DISCARDED = 1_024;

/**
 * The stream cipher RC4 without its first {@link DISCARDED} bytes, as MSE uses it. One object is one direction of a
 * connection: every byte that it is given moves it on. It hides what is said from programs that look for patterns, and
 * protects nothing. It is our own, as OpenSSL 3 offers RC4 only to programs that are started with legacy algorithms.
 */
export class Rc4 {
  readonly #state = new Int32Array(STATES);
  #i = 0;
  #j = 0;

  /** `key` has at least one byte. */
  constructor(key: Uint8Array) {
    if (key.length === 0) throw new RangeError('Rc4: the key is empty');
    const state = this.#state;
    for (let n = 0; n < STATES; n++) state[n] = n;
    for (let n = 0, j = 0; n < STATES; n++) {
      const held = state[n] as number;
      j = (j + held + (key[n % key.length] as number)) & 0xff;
      state[n] = state[j] as number;
      state[j] = held;
    }
    this.apply(new Uint8Array(DISCARDED));
  }

  /** Encrypts, or decrypts, the next bytes of this direction in place. */
  apply(bytes: Uint8Array): void {
    const state = this.#state;
    const { length } = bytes;
    let [i, j] = [this.#i, this.#j];
    for (let at = 0; at < length; at++) {
      i = (i + 1) & 0xff;
      const x = state[i] as number;
      j = (j + x) & 0xff;
      const y = state[j] as number;
      state[i] = y;
      state[j] = x;
      bytes[at] = (bytes[at] as number) ^ (state[(x + y) & 0xff] as number);
    }
    this.#i = i;
    this.#j = j;
  }
}
