import { latin1 } from '../../protocol/encoding/bencode.ts';
import type { HashRange } from '../../protocol/peer/messages.ts';
import { BLOCK } from '../geometry.ts';
import { blockHashes, HASH, pieceLevels } from '../metainfo/merkle.ts';
import type { TorrentFile } from '../metainfo/fileList.ts';
import type { Torrent } from '../metainfo/metainfo.ts';
import { rootsOf } from './pieceRoots.ts';
import { isSubtree, LayerTree, MAX_RANGE } from './layerTree.ts';

/** How often one peer is given all hashes, and answers that it gets whatever the torrent. */
const MAX_TIMES = 3;
const ANSWERS = 64;
/** Trees that are kept, of the files that were asked for last. */
const MAX_TREES = 16;

/**
 * The hashes of pieces and of blocks of a torrent of version 2, for peers that ask. Trees of pieces are made when they
 * are first asked for; of blocks nothing is kept, as they follow from the pieces themselves. BEP 52.
 */
export class HashShelf {
  /** How many answers one peer is given at most. */
  readonly most: number;
  readonly #torrent: Torrent;
  readonly #roots: Uint8Array;
  readonly #trees = new Map<string, LayerTree>();
  #files: Map<string, TorrentFile> | undefined;

  constructor(torrent: Torrent) {
    this.#torrent = torrent;
    this.#roots = rootsOf(torrent) ?? new Uint8Array();
    this.most = ANSWERS + (MAX_TIMES * (this.#roots.length / HASH)) / MAX_RANGE + MAX_TIMES * torrent.files.length;
  }

  /** Hashes of pieces, and what proves them; undefined for what there is not. */
  hashes(range: HashRange<'hashRequest'>): Uint8Array | undefined {
    if (range.base !== pieceLevels(this.#torrent.pieceLength)) return undefined;
    return this.#treeOf(range.root)?.range(range);
  }

  /** The piece that hashes of blocks are to be made of; undefined if it is not one, or there are no such blocks. */
  pieceOf(range: HashRange<'hashRequest'>): number | undefined {
    const file = this.#fileOf(range.root);
    const { pieceLength } = this.#torrent;
    if (range.base !== 0 || file === undefined || !isSubtree(range) || range.index * BLOCK >= file.length)
      return undefined;
    const width = this.#widthOf(file);
    const levels = Math.log2(width) + (this.#treeOf(range.root)?.levels ?? 0);
    if (range.length > width || range.proof >= Math.max(1, levels)) return undefined;
    return (file.offset + Math.floor((range.index * BLOCK) / pieceLength) * pieceLength) / pieceLength;
  }

  /** Hashes of blocks, and what proves them. `bytes` are those of the piece that `pieceOf` has named. */
  leaves({ root, index, length, proof }: HashRange<'hashRequest'>, bytes: Uint8Array): Uint8Array | undefined {
    const file = this.#fileOf(root);
    if (file === undefined) return undefined;
    const { pieceLength } = this.#torrent;
    const width = this.#widthOf(file);
    const leaves = new Uint8Array(width * HASH);
    // In a hybrid padding may follow.
    leaves.set(blockHashes(bytes.subarray(0, file.length - Math.floor((index * BLOCK) / pieceLength) * pieceLength)));
    const levels = Math.log2(width);
    const below = new LayerTree(leaves, 0).range({ index: index % width, length, proof: Math.min(proof, levels - 1) });
    const above = this.#treeOf(root)?.uncles(Math.floor(index / width), 0, proof - levels) ?? [];
    return below && new Uint8Array(Buffer.concat([below, ...above]));
  }

  /** Blocks under the hash that a piece of the file has. */
  #widthOf({ length }: TorrentFile): number {
    const { pieceLength } = this.#torrent;
    return length > pieceLength ? pieceLength / BLOCK : 2 ** Math.ceil(Math.log2(length / BLOCK));
  }

  #fileOf(root: Uint8Array): TorrentFile | undefined {
    this.#files ??= new Map(this.#torrent.files.flatMap((file) => (file.root ? [[latin1(file.root), file]] : [])));
    return this.#files.get(latin1(root));
  }

  /** Of a file of several pieces. */
  #treeOf(root: Uint8Array): LayerTree | undefined {
    const { pieceLength } = this.#torrent;
    const [key, file] = [latin1(root), this.#fileOf(root)];
    if (file === undefined || file.length <= pieceLength || this.#roots.length === 0) return undefined;
    const [from, count] = [file.offset / pieceLength, Math.ceil(file.length / pieceLength)];
    const layer = this.#roots.subarray(from * HASH, (from + count) * HASH);
    const tree = this.#trees.get(key) ?? new LayerTree(layer, pieceLevels(pieceLength));
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > MAX_TREES && oldest !== undefined) this.#trees.delete(oldest);
    return tree;
  }
}
