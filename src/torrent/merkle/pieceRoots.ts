import type { Torrent } from '../metainfo/metainfo.ts';

/** The root of the blocks of each piece, 32 bytes each, as far as a torrent has them. */
export const rootsOf = ({
  pieceSizes,
  pieceHashes,
  pieceRoots,
}: Pick<Torrent, 'pieceSizes' | 'pieceHashes' | 'pieceRoots'>): Uint8Array | undefined =>
  pieceSizes === undefined ? pieceRoots : pieceHashes;

/** The bytes of each piece that its root is of: those of its file, without padding. */
export const rootedSizes = ({
  pieceSizes,
  pieceLength,
  files,
}: Pick<Torrent, 'pieceSizes' | 'pieceLength' | 'files'>): readonly number[] => {
  if (pieceSizes !== undefined) return pieceSizes;
  const sizes: number[] = [];
  for (const { length, padding } of files)
    for (let at = 0; !padding && at < length; at += pieceLength) sizes.push(Math.min(pieceLength, length - at));
  return sizes;
};
