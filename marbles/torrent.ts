import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import { BLOCK, Geometry } from '../src/torrent/geometry.ts';

/** The size of a drawn torrent. */
export interface Size {
  readonly pieces?: number;
  readonly blocksPerPiece?: number;
  /** Bytes of the last block. */
  readonly lastBlock?: number;
}

/**
 * The torrent of the drawings: one file named `drawn`, by default of two pieces with two blocks of 16 KiB, so that
 * blocks 1 to 4 can be drawn as digits. Its hashes are not real: a drawn verifier compares contents.
 */
export const torrentOf = ({ pieces = 2, blocksPerPiece = 2, lastBlock = BLOCK }: Size = {}): Torrent => {
  const pieceLength = blocksPerPiece * BLOCK;
  const length = pieces * pieceLength - BLOCK + lastBlock;
  return {
    infoHash: new Uint8Array(20).fill(0x1f),
    name: 'drawn',
    pieceLength,
    length,
    pieceHashes: new Uint8Array(20 * pieces),
    files: [{ path: ['drawn'], length, offset: 0, padding: false, attributes: '' }],
    layout: 'file',
    private: false,
    announce: [['http://tracker.test/announce']],
    webSeeds: [],
    httpSeeds: [],
    nodes: [],
    info: new Uint8Array(),
  };
};

/** Every byte of block number n, counted from 1 over the torrent, is n (modulo 256); blocks of padding are zeros. */
export const blockBytes = (geometry: Geometry, piece: number, begin: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  const offset = geometry.pieceOffset(piece) + begin;
  for (let at = 0; at < length; ) {
    const number = Math.floor((offset + at) / BLOCK) + 1;
    const end = number * BLOCK - offset;
    const within = (offset + at) % geometry.pieceLength;
    const isPadding = within / BLOCK >= geometry.fetchedCount((offset + at - within) / geometry.pieceLength);
    bytes.fill(isPadding ? 0 : number, at, end);
    at = end;
  }
  return bytes;
};

/** The content of a piece of a drawn torrent. */
export const pieceBytes = (geometry: Geometry, piece: number): Uint8Array =>
  blockBytes(geometry, piece, 0, geometry.pieceSize(piece));
