import { type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import { blockHashes, HASH, merkleRoot } from '../../../src/torrent/metainfo/merkle.ts';

/** A file of a torrent that is made for a test. */
export interface MadeFile {
  readonly path: readonly string[];
  readonly bytes: Uint8Array;
}

/** The hashes of the pieces of a file. */
export const layerOf = (bytes: Uint8Array, pieceLength: number): Uint8Array => {
  const [all, size] = [blockHashes(bytes), (pieceLength / 16_384) * HASH];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += size) {
    const piece = new Uint8Array(size);
    piece.set(all.subarray(at, at + size));
    pieces.push(merkleRoot(piece));
  }
  return new Uint8Array(Buffer.concat(pieces));
};

const treeOf = (files: readonly MadeFile[]): Encodable => {
  const tree: Record<string, unknown> = {};
  for (const { path, bytes } of files) {
    let folder = tree;
    for (const name of path) folder = (folder[name] ??= {}) as Record<string, unknown>;
    folder[''] = {
      length: bytes.length,
      ...(bytes.length > 0 && { 'pieces root': merkleRoot(blockHashes(bytes)) }),
    };
  }
  return tree as Encodable;
};

/** The dictionaries of a .torrent of version 2 only: the files are sorted by their names. */
export const madeV2 = (files: readonly MadeFile[], pieceLength: number, name = 'content') => {
  const layers = new Map(
    files
      .filter(({ bytes }) => bytes.length > pieceLength)
      .map(({ bytes }) => [
        Buffer.from(merkleRoot(blockHashes(bytes))).toString('latin1'),
        layerOf(bytes, pieceLength),
      ]),
  );
  const info = { 'file tree': treeOf(files), 'meta version': 2, name, 'piece length': pieceLength };
  return { info, 'piece layers': layers };
};

/** The bytes of that .torrent. */
export const bytesV2 = (...args: Parameters<typeof madeV2>): Uint8Array => encode(madeV2(...args));
