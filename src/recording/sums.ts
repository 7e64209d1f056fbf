import { BLOCK } from '../torrent/geometry.ts';

const WIDTH = 4;
/** FNV-1a of 32 bits. */
const START = 0x811c9dc5;
const FACTOR = 0x01000193;

/**
 * Four bytes for each block of a piece: blocks that differ have different sums, except for one pair in four billion. A
 * peer that sent a block that differs from that of the good copy is banned, so it matters which blocks differ.
 */
export const blockSums = (piece: Uint8Array): Uint8Array => {
  const sums = new Uint8Array(Math.ceil(piece.length / BLOCK) * WIDTH);
  const view = new DataView(sums.buffer);
  for (let block = 0; block * BLOCK < piece.length; block++) {
    let sum = START;
    const end = Math.min((block + 1) * BLOCK, piece.length);
    for (let at = block * BLOCK; at < end; at++) sum = Math.imul(sum ^ (piece[at] as number), FACTOR);
    view.setUint32(block * WIDTH, sum >>> 0);
  }
  return sums;
};

/** Makes the blocks of a piece as different as those were of which these are the sums. */
export const putSums = (piece: Uint8Array, sums: Uint8Array): void => {
  for (let block = 0; block * BLOCK < piece.length; block++) {
    const room = Math.min(WIDTH, piece.length - block * BLOCK);
    piece.set(sums.subarray(block * WIDTH, block * WIDTH + room), block * BLOCK);
  }
};
