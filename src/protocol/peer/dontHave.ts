import { Malformed } from '../encoding/malformed.ts';

/** The extension by which a peer says that it no longer has a piece. BEP 54. */
export const LT_DONTHAVE = 'lt_donthave';

export const encodeDontHave = (piece: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, piece);
  return bytes;
};

/** @throws Malformed */
export const decodeDontHave = (payload: Uint8Array, pieceCount: number): number => {
  if (payload.length !== 4) throw new Malformed("don't have", '4 bytes', payload.length);
  const piece = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
  if (piece >= pieceCount) throw new Malformed("don't have", `a piece below ${pieceCount}`, piece);
  return piece;
};
