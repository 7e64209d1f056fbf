import { BLOCK } from '../geometry.ts';
import { MAX_PIECE_LENGTH } from './metainfo.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** What is chosen: pieces so small that a corrupt one costs little, so few that the .torrent stays small. */
const SMALLEST = 32 * KiB;
const PIECES_AT_MOST = 2_000;
/** Larger pieces are chosen only where their hashes would not fit into a .torrent: some clients refuse them. */
const LARGEST = 16 * MiB;
const HASHES_AT_MOST = 400_000;

/** The piece length for so many bytes of content: a power of two. */
export const pieceLengthFor = (length: number): number => {
  let pieceLength = SMALLEST;
  while (pieceLength < LARGEST && length > PIECES_AT_MOST * pieceLength) pieceLength *= 2;
  while (pieceLength < MAX_PIECE_LENGTH && length > HASHES_AT_MOST * pieceLength) pieceLength *= 2;
  return pieceLength;
};

/** Do other clients take it? BEP 3 asks for a power of two, and they ask for blocks of 16 KiB. */
export const isPieceLength = (length: number): boolean =>
  length >= BLOCK && length <= MAX_PIECE_LENGTH && Number.isInteger(Math.log2(length));
