import { BLOCK } from '../geometry.ts';
import { MAX_PIECE_LENGTH } from './limits.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Limits of the chosen piece length: small pieces make a corrupt one cheap, few pieces keep the .torrent small. */
const SMALLEST = 32 * KiB;
const PIECES_AT_MOST = 2_000;
/** Longer pieces are chosen only if the hashes would not fit into a .torrent otherwise: some clients refuse them. */
const LARGEST = 16 * MiB;
const HASHES_AT_MOST = 400_000;

/** The piece length for a content of `length` bytes: a power of two. */
export const pieceLengthFor = (length: number): number => {
  let pieceLength = SMALLEST;
  while (pieceLength < LARGEST && length > PIECES_AT_MOST * pieceLength) pieceLength *= 2;
  while (pieceLength < MAX_PIECE_LENGTH && length > HASHES_AT_MOST * pieceLength) pieceLength *= 2;
  return pieceLength;
};

/** Do other clients accept this piece length? BEP 3 demands a power of two, and blocks have 16 KiB. */
export const isPieceLength = (length: number): boolean =>
  length >= BLOCK && length <= MAX_PIECE_LENGTH && Number.isInteger(Math.log2(length));
