import type { Bitfield } from '../bitfield.ts';

/** A random number for each extent, in which its pieces are counted. */
export const saltsOf = (pieceCount: number, random: () => number, extent: number): Uint32Array => {
  const salts = new Uint32Array(pieceCount);
  for (let first = 0; first < pieceCount; first += extent) {
    const salt = Math.floor((random() * 2 ** 32) / extent) * extent;
    for (let n = 0; n < extent && first + n < pieceCount; n++) salts[first + n] = salt + n;
  }
  return salts;
};

/** All pieces, the lowest salt first; exact for 2²¹ of them, as many as there may be. */
export const bySalt = (salts: Uint32Array): Uint32Array => {
  const pieceCount = salts.length;
  const keys = new Float64Array(pieceCount);
  for (let piece = 0; piece < pieceCount; piece++) keys[piece] = (salts[piece] as number) * pieceCount + piece;
  keys.sort();
  const pieces = new Uint32Array(pieceCount);
  for (let at = 0; at < pieceCount; at++) pieces[at] = (keys[at] as number) % pieceCount;
  return pieces;
};

/**
 * The pieces of a field, in their own order or in that of `all`. Reads the bits itself: a call for each would cost a
 * start more than the rest of it.
 */
export const piecesOf = ({ bytes, count }: Bitfield, all?: Uint32Array): Uint32Array => {
  const pieces = new Uint32Array(count);
  let found = 0;
  for (let at = 0; found < count; at++) {
    const piece = all === undefined ? at : (all[at] as number);
    if (((bytes[piece >> 3] as number) & (0x80 >> (piece & 7))) !== 0) pieces[found++] = piece;
  }
  return pieces;
};
