import { encode } from '../src/protocol/encoding/bencode.ts';
import { BLOCK } from '../src/torrent/geometry.ts';
import { blockHashes, merkleRoot, pieceRoot } from '../src/torrent/metainfo/merkle.ts';
import { parseTorrent } from '../src/torrent/metainfo/metainfo.ts';

const PIECE = 4 * BLOCK;

/** A torrent of version 2 of two pieces, of four blocks and of three, and what is said of the blocks of the first. */
export const leavesV2 = () => {
  const content = new Uint8Array(PIECE + 2 * BLOCK + 100).map((_, at) => (at * 7) ^ (at >> 9));
  const leaves = blockHashes(content);
  const root = merkleRoot(leaves);
  const pieces = [content.subarray(0, PIECE), content.subarray(PIECE)];
  const layer = Buffer.concat(pieces.map((piece) => pieceRoot(blockHashes(piece), PIECE)));
  const file = { '': { length: content.length, 'pieces root': root } };
  const info = { 'file tree': { content: file }, 'meta version': 2, name: 'content', 'piece length': PIECE };
  const layers = new Map([[Buffer.from(root).toString('latin1'), new Uint8Array(layer)]]);
  const torrent = parseTorrent(encode({ info, 'piece layers': layers }));
  const range = { root, base: 0, index: 0, length: 4, proof: 0 };
  const hashes = leaves.slice(0, 4 * 32);
  return { torrent, pieces: pieces as [Uint8Array, Uint8Array], range, hashes };
};
