import { createHash, type Hash } from 'node:crypto';
import { sha256Text } from '../../protocol/encoding/id.ts';
import { BLOCK } from '../../torrent/geometry.ts';
import type { Hasher } from '../../torrent/pieces/pieceDrafts.ts';

/**
 * Hashes each block of 16 KiB by itself, of bytes that are handed over one after the other, up to the first `most`: the
 * digest is the hashes of all of them. BEP 52.
 */
export class BlockHasher implements Hasher {
  /** Each character is a byte. */
  #hashes = '';
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
      at += part.length;
      if (part.length === BLOCK) this.#hashes += sha256Text(part);
      else this.#part(part);
    }
  }

  digest(): Uint8Array {
    this.#end();
    return new Uint8Array(Buffer.from(this.#hashes, 'latin1'));
  }

  /** A block that comes in several parts. */
  #part(part: Uint8Array): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(part);
    this.#filled += part.length;
    if (this.#filled === BLOCK) this.#end();
  }

  #end(): void {
    if (this.#hash !== undefined) this.#hashes += this.#hash.digest('binary');
    this.#hash = undefined;
    this.#filled = 0;
  }
}
