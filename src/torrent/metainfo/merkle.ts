import { equalIds, sha256, sha256Text } from '../../protocol/encoding/id.ts';
import { BLOCK } from '../geometry.ts';

/** Length of a SHA-256 digest, in bytes. */
export const HASH = 32;

/** The hashes of the blocks of `bytes`, one after the other. BEP 52. */
export const blockHashes = (bytes: Uint8Array): Uint8Array => {
  const hashes = new Uint8Array(Math.ceil(bytes.length / BLOCK) * HASH);
  const into = viewOf(hashes);
  for (let at = 0, to = 0; at < bytes.length; at += BLOCK, to += HASH)
    into.write(sha256Text(bytes.subarray(at, at + BLOCK)), to, 'latin1');
  return hashes;
};

/**
 * Is `root` that of a piece with these hashes of its blocks? A piece in a file of several counts as if no blocks
 * followed up to `pieceLength`; a file of one piece has a tree of its own. Either way no other blocks have this root.
 */
export const hasRoot = (root: Uint8Array, hashes: Uint8Array, pieceLength: number): boolean => {
  if (equalIds(merkleRoot(hashes), root)) return true;
  return hashes.length < (pieceLength / BLOCK) * HASH && equalIds(pieceRoot(hashes, pieceLength), root);
};

/** The smallest power of two that is not less than `count`. */
const widthOf = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)));

/** The hash over so many levels of a tree in which there is no block. */
export const padOf = (levels: number): Uint8Array => {
  let pad = new Uint8Array(HASH);
  const pair = new Uint8Array(2 * HASH);
  for (let level = 0; level < levels; level++) {
    pair.set(pad);
    pair.set(pad, HASH);
    pad = sha256(pair) as Uint8Array<ArrayBuffer>;
  }
  return pad;
};

/** How many levels of the tree are below a piece. */
export const pieceLevels = (pieceLength: number): number => Math.log2(pieceLength / BLOCK);

/**
 * The root of the tree over `hashes`, 32 bytes each, of which each is the root of a tree of `levels` levels over blocks
 * of 16 KiB. What is missing up to a power of two counts as no blocks. BEP 52.
 */
export const merkleRoot = (hashes: Uint8Array, levels = 0): Uint8Array => {
  const count = hashes.length / HASH;
  const width = widthOf(count);
  const row = new Uint8Array(width * HASH);
  row.set(hashes);
  const pad = width > count ? padOf(levels) : undefined;
  for (let at = count; pad !== undefined && at < width; at++) row.set(pad, at * HASH);
  for (let left = width; left > 1; left /= 2) hashPairs(row.subarray(0, left * HASH), row);
  return row.slice(0, HASH);
};

/** Writes the hash of each two hashes of `row` into `above`, which may be the same memory. */
export const hashPairs = (row: Uint8Array, above: Uint8Array): void => {
  const into = viewOf(above);
  for (let at = 0; 2 * at < row.length; at += HASH)
    into.write(sha256Text(row.subarray(2 * at, 2 * (at + HASH))), at, 'latin1');
};

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** The root of a piece of a file of several, with these hashes of its blocks. */
export const pieceRoot = (hashes: Uint8Array, pieceLength: number): Uint8Array => {
  const whole = new Uint8Array((pieceLength / BLOCK) * HASH);
  whole.set(hashes);
  return merkleRoot(whole);
};
