import { createHash, type Hash } from 'node:crypto';
import { BLOCK } from '../../torrent/geometry.ts';
import type { Hasher } from '../../torrent/pieces/pieceDrafts.ts';

/**
 * Hashes each block of 16 KiB by itself, of bytes that are handed over one after the other, up to the first `most`: the
 * digest is the hashes of all of them. BEP 52.
 */
export class BlockHasher implements Hasher {
  readonly #hashes: Uint8Array[] = [];
  #left: number;
  #hash: Hash | undefined;
  #filled = 0;

  constructor(most: number = Infinity) {
    this.#left = most;
  }

  update(bytes: Uint8Array): void {
    const end = Math.min(bytes.length, this.#left);
    this.#left -= end;
    for (let at = 0; at < end; ) {
      const part = bytes.subarray(at, Math.min(end, at + BLOCK - this.#filled));
      this.#hash ??= createHash('sha256');
      this.#hash.update(part);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK) this.#end();
    }
  }

  digest(): Uint8Array {
    this.#end();
    return new Uint8Array(Buffer.concat(this.#hashes));
  }

  #end(): void {
    if (this.#hash !== undefined) this.#hashes.push(this.#hash.digest());
    this.#hash = undefined;
    this.#filled = 0;
  }
}
