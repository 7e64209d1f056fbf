import { createHash } from 'node:crypto';
import { ID_LENGTH, sha1, sha256 } from '../../protocol/encoding/id.ts';
import { BLOCK } from '../../torrent/geometry.ts';
import { blockHashes, HASH } from '../../torrent/metainfo/merkle.ts';
import type { Hasher } from '../../torrent/pieces/pieceDrafts.ts';
import { BlockHasher } from './blockHasher.ts';

/** Both, one after the other. */
export const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
};

/** Both digests of a piece of a hybrid: its SHA-1, and the SHA-256 of each block of 16 KiB. BEP 52. */
export const bothDigests = (bytes: Uint8Array): Uint8Array => joined(sha1(bytes), blockHashes(bytes));

/** The same, of bytes that are handed over one after the other. */
export class BothHasher implements Hasher {
  readonly #sha1 = createHash('sha1');
  readonly #blocks = new BlockHasher();

  update(bytes: Uint8Array): void {
    this.#sha1.update(bytes);
    this.#blocks.update(bytes);
  }

  digest(): Uint8Array {
    return joined(this.#sha1.digest(), this.#blocks.digest());
  }
}

/**
 * The hashes of the blocks in the first `size` bytes of a piece, from both digests of it: only the last block may be
 * another one without the padding behind it.
 */
export const blocksIn = (digests: Uint8Array, bytes: Uint8Array, size: number): Uint8Array => {
  const blocks = Math.ceil(size / BLOCK);
  const hashes = digests.slice(ID_LENGTH, ID_LENGTH + blocks * HASH);
  if (size % BLOCK !== 0 && size < bytes.length)
    hashes.set(sha256(bytes.subarray((blocks - 1) * BLOCK, size)), (blocks - 1) * HASH);
  return hashes;
};
