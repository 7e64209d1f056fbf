import { Malformed } from '../../protocol/encoding/malformed.ts';
import { BLOCK } from '../geometry.ts';

/** Maximum length of a piece, in bytes: a piece is held in memory while it is assembled. */
export const MAX_PIECE_LENGTH = 256 * 1024 * 1024;
export const MAX_PIECES = 2_097_152;

/** @throws Malformed */
export const checkPieceCount = (count: number): void => {
  if (count > MAX_PIECES) throw new Malformed('info.piece length', `at most ${MAX_PIECES} pieces`, count);
};

/** In version 2 a piece is a whole part of a tree over blocks. @throws Malformed */
export const checkPieceLength = (pieceLength: number): void => {
  if (pieceLength < BLOCK || !Number.isInteger(Math.log2(pieceLength)))
    throw new Malformed('info.piece length', 'a power of two from 16384 in version 2', pieceLength);
};

/** @throws Malformed if there is not one byte in all files */
export const checkContent = (files: readonly { readonly length: number }[]): void => {
  if (files.some(({ length }) => length > 0)) return;
  throw new Malformed('info', 'at least one byte of content', '0 bytes: there is nothing to download');
};
