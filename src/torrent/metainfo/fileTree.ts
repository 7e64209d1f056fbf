import { bytesOf, described, type Dict, dictOf, latin1, type Value } from '../../protocol/encoding/bencode.ts';
import { equalIds, toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { MAX_FILES, MAX_LENGTH, MAX_PATH_DEPTH, type TorrentFile } from './fileList.ts';
import { HASH, merkleRoot, pieceLevels } from './merkle.ts';
import { decodeUtf8 } from './textEncoding.ts';

/** A file as version 2 describes it. */
export interface TreeFile {
  readonly path: readonly string[];
  readonly length: number;
  /** The root of the tree over its blocks; empty files have none. */
  readonly root?: Uint8Array;
}

const TREE = 'info.file tree';

const nameOf = (key: string): string => {
  const bytes = Uint8Array.from(key, (sign) => sign.charCodeAt(0));
  const name = decodeUtf8(bytes) ?? latin1(bytes);
  if (name === '.' || name === '..' || /[/\0]/.test(name)) throw new Malformed(TREE, 'a name without folders', name);
  return name;
};

const fileOf = (entry: Value | undefined, path: readonly string[]): TreeFile => {
  const file = dictOf(entry);
  const length = file?.get('length') ?? 0;
  if (!file || typeof length !== 'number' || length < 0 || length > MAX_LENGTH)
    throw new Malformed(TREE, 'a file with a length', described(file?.get('length') ?? entry));
  const root = bytesOf(file.get('pieces root'));
  if (length > 0 && root?.length !== HASH)
    throw new Malformed(TREE, `a pieces root of ${HASH} bytes`, described(file.get('pieces root')));
  return { path, length, ...(length > 0 && root && { root: new Uint8Array(root) }) };
};

/** The files of a tree, in its order. BEP 52. */
export const fileTree = (tree: Value | undefined): readonly TreeFile[] => {
  const files: TreeFile[] = [];
  const walk = (folder: Dict, path: readonly string[]): void => {
    if (path.length > MAX_PATH_DEPTH)
      throw new Malformed(TREE, `at most ${MAX_PATH_DEPTH} folders inside one another`, path.length);
    if (folder.has('')) {
      if (folder.size > 1 || path.length === 0) throw new Malformed(TREE, 'a file or a folder', 'both');
      if (files.length === MAX_FILES) throw new Malformed(TREE, `at most ${MAX_FILES} files`, 'more');
      return void files.push(fileOf(folder.get(''), path));
    }
    for (const [key, value] of folder) {
      const inside = dictOf(value);
      if (!inside) throw new Malformed(TREE, 'a dictionary', described(value));
      walk(inside, [...path, nameOf(key)]);
    }
  };
  const top = dictOf(tree);
  if (!top) throw new Malformed(TREE, 'a dictionary', described(tree));
  walk(top, []);
  return files;
};

/**
 * Checks the hashes of pieces that stand beside the info dictionary against the roots in it. Those that are missing may
 * be had from peers.
 *
 * @throws Malformed
 */
export const checkLayers = (layers: Value | undefined, files: readonly TreeFile[], pieceLength: number): void => {
  const known = dictOf(layers);
  if (layers !== undefined && !known) throw new Malformed('torrent.piece layers', 'a dictionary', described(layers));
  if (!known) return;
  const seen = new Set<string>();
  for (const { length, root } of files) {
    if (root === undefined || length <= pieceLength) continue;
    const key = latin1(root);
    const layer = known.get(key);
    if (layer === undefined || seen.has(`${key} ${length}`)) continue;
    seen.add(`${key} ${length}`);
    const size = Math.ceil(length / pieceLength) * HASH;
    const hashes = bytesOf(layer);
    if (hashes?.length !== size)
      throw new Malformed('torrent.piece layers', `${size} bytes`, hashes?.length ?? described(layer));
    if (!equalIds(merkleRoot(hashes, pieceLevels(pieceLength)), root))
      throw new Malformed('torrent.piece layers', `hashes with the root ${toHex(root)}`, 'others');
  }
};

const DISAGREE = 'both versions of a hybrid torrent to have the same files';

/**
 * The files of version 1, each with its root of version 2.
 *
 * @throws Malformed if the versions disagree: what is downloaded by one would not be what the other means
 */
export const rooted = (
  files: readonly TorrentFile[],
  tree: readonly TreeFile[],
  { name, pieceLength, layout }: { readonly name: string; readonly pieceLength: number; readonly layout: string },
): readonly TorrentFile[] => {
  let next = 0;
  const both = files.map((file): TorrentFile => {
    if (file.padding) return file;
    const other = tree[next++];
    const path = layout === 'file' ? [name] : file.path;
    const isSame = other?.length === file.length && other.path.join('/') === path.join('/');
    if (!isSame) throw new Malformed('info', DISAGREE, `${path.join('/')} in one, and not in the other`);
    if (file.length > 0 && file.offset % pieceLength !== 0)
      throw new Malformed('info', 'each file of a hybrid torrent to begin with a piece', path.join('/'));
    return other.root === undefined ? file : { ...file, root: other.root };
  });
  if (next < tree.length) throw new Malformed('info', DISAGREE, `${tree.length} in one, ${next} in the other`);
  return both;
};
