import { equalIds, sha1 } from '../../protocol/encoding/id.ts';

/** Milliseconds after which the secret is renewed; the previous one stays valid. */
export const ROTATION = 5 * 60_000;
/** Length of a token, in bytes. */
export const TOKEN_LENGTH = 8;
/** Length of a secret, in bytes. */
const SECRET_LENGTH = 20;

/**
 * Proofs that a node which announces has recently sent us a query from the same address. Depends on two secrets, and on
 * when the newer one was made. A token is valid for 5 to 10 minutes, for one address and one info-hash. BEP 5.
 */
export class Tokens {
  readonly #randomBytes: (length: number) => Uint8Array;
  #secret: Uint8Array;
  #before: Uint8Array;
  #since: number;

  constructor(randomBytes: (length: number) => Uint8Array, now: number) {
    this.#randomBytes = randomBytes;
    this.#secret = randomBytes(SECRET_LENGTH);
    this.#before = this.#secret;
    this.#since = now;
  }

  give(host: string, infoHash: Uint8Array, now: number): Uint8Array {
    this.#rotate(now);
    return tokenOf(this.#secret, host, infoHash);
  }

  isGood(token: Uint8Array, host: string, infoHash: Uint8Array, now: number): boolean {
    this.#rotate(now);
    return [this.#secret, this.#before].some((secret) => equalIds(token, tokenOf(secret, host, infoHash)));
  }

  #rotate(now: number): void {
    const age = now - this.#since;
    if (age < ROTATION) return;
    const fresh = this.#randomBytes(SECRET_LENGTH);
    // After a long pause the last secret is too old, too.
    this.#before = age < 2 * ROTATION ? this.#secret : fresh;
    this.#secret = fresh;
    this.#since = now;
  }
}

const tokenOf = (secret: Uint8Array, host: string, infoHash: Uint8Array): Uint8Array =>
  sha1(new Uint8Array(Buffer.concat([secret, infoHash, Buffer.from(host, 'latin1')]))).subarray(0, TOKEN_LENGTH);
