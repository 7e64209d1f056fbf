import { latin1 } from '../../protocol/encoding/bencode.ts';
import type { HashRange } from '../../protocol/peer/messages.ts';
import { HASH, pieceLevels } from '../metainfo/merkle.ts';
import type { Torrent } from '../metainfo/metainfo.ts';
import { LayerTree, MAX_RANGE } from './layerTree.ts';

/** How often one peer is given all hashes, and answers that it gets whatever the torrent. */
const MAX_TIMES = 3;
const ANSWERS = 64;
/** Trees that are kept, of the files that were asked for last. */
const MAX_TREES = 16;

/**
 * The hashes of the pieces of a torrent of version 2, for peers that ask. Trees are made when they are first asked for.
 * BEP 52.
 */
export const hashShelf = ({ files, pieceSizes, pieceHashes, pieceLength }: Torrent) => {
  const trees = new Map<string, LayerTree>();
  let first: Map<string, { readonly offset: number; readonly length: number }> | undefined;
  const treeOf = (root: string): LayerTree | undefined => {
    first ??= new Map(files.flatMap((file) => (file.root ? [[latin1(file.root), file]] : [])));
    const file = first.get(root);
    if (file === undefined || file.length <= pieceLength) return undefined;
    const [from, count] = [file.offset / pieceLength, Math.ceil(file.length / pieceLength)];
    return new LayerTree(pieceHashes.subarray(from * HASH, (from + count) * HASH), pieceLevels(pieceLength));
  };
  return {
    most: ANSWERS + (MAX_TIMES * (pieceSizes?.length ?? 0)) / MAX_RANGE + MAX_TIMES * files.length,
    hashes: (range: HashRange<'hashRequest'>): Uint8Array | undefined => {
      if (pieceSizes === undefined || range.base !== pieceLevels(pieceLength)) return undefined;
      const root = latin1(range.root);
      const tree = trees.get(root) ?? treeOf(root);
      if (tree === undefined) return undefined;
      trees.delete(root);
      trees.set(root, tree);
      const [oldest] = trees.keys();
      if (trees.size > MAX_TREES && oldest !== undefined) trees.delete(oldest);
      return tree.range(range);
    },
  };
};
