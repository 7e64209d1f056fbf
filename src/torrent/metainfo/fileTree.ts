import { bytesOf, described, type Dict, dictOf, latin1, textOf, type Value } from '../../protocol/encoding/bencode.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { MAX_FILES, MAX_LENGTH, MAX_PATH_DEPTH, type TorrentFile } from './fileList.ts';
import { HASH } from './merkle.ts';
import { type Raw, rawPath } from './names.ts';
import { decodeUtf8 } from './textEncoding.ts';

/** A file as version 2 describes it. */
export interface TreeFile {
  readonly path: readonly string[];
  readonly length: number;
  /** The root of the tree over its blocks; empty files have none. */
  readonly root?: Uint8Array;
  /** The letters of `attr`. BEP 47. */
  readonly attributes: string;
  /** The target of a symbolic link, as names from the top of the torrent. BEP 47. */
  readonly link?: readonly string[];
}

const TREE = 'info.file tree';

const textOrBytes = (raw: Raw): string => (typeof raw === 'string' ? raw : (decodeUtf8(raw) ?? latin1(raw)));

const nameOf = (key: string): string => {
  const name = textOrBytes(Uint8Array.from(key, (sign) => sign.charCodeAt(0)));
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
  const attributes = textOf(file.get('attr')) ?? '';
  const link = attributes.includes('l') ? rawPath(file, 'symlink path')?.map(textOrBytes) : undefined;
  return { path, length, ...(length > 0 && root && { root: new Uint8Array(root) }), attributes, ...(link && { link }) };
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
