import type { Dict } from '../../protocol/encoding/bencode.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { MAX_LENGTH, type TorrentFile } from './fileList.ts';
import { fileTree, type TreeFile } from './fileTree.ts';
import { checkPieceCount, checkPieceLength, checkContent } from './limits.ts';
import { HASH } from './merkle.ts';
import { pieceLayers } from './pieceLayers.ts';

/** What a torrent is a torrent of, in either version. */
export interface TorrentInside {
  readonly length: number;
  readonly pieceHashes: Uint8Array;
  readonly pieceSizes?: readonly number[];
  readonly pieceRoots?: Uint8Array;
  readonly lacksHashes?: true;
  readonly files: readonly TorrentFile[];
  readonly layout: 'file' | 'folder';
}

/** Every file begins with a piece; there is nothing in between. */
const aligned = (tree: readonly TreeFile[], pieceLength: number): readonly TorrentFile[] => {
  let offset = 0;
  return tree.map(({ path, length, attributes, root, link }) => {
    if (length > 0) offset = Math.ceil(offset / pieceLength) * pieceLength;
    const file = { path, length, offset, padding: false, attributes, ...(link && { link }), ...(root && { root }) };
    offset += length;
    if (offset > MAX_LENGTH) throw new Malformed('info.file tree', `at most ${MAX_LENGTH} bytes in all files`, 'more');
    return file;
  });
};

/** The content of a torrent of version 2 only. BEP 52. @throws Malformed */
export const contentV2 = (
  info: Dict,
  outside: Dict,
  { name, pieceLength }: { readonly name: string; readonly pieceLength: number },
): TorrentInside => {
  checkPieceLength(pieceLength);
  const tree = fileTree(info.get('file tree'));
  const files = aligned(tree, pieceLength);
  checkContent(files);
  const { offset, length: size } = files.at(-1) as TorrentFile;
  const length = offset + size;
  checkPieceCount(Math.ceil(length / pieceLength));
  const [first] = tree;
  const isFile = tree.length === 1 && first?.path.length === 1 && first.path[0] === name;
  return {
    length,
    ...piecesOf(files, pieceLength, pieceLayers(outside.get('piece layers'), tree, pieceLength)),
    files,
    layout: isFile ? 'file' : 'folder',
  };
};

/** What is known of the pieces of files, with the hashes that `layerOf` gives for each of several pieces. */
export const hashedPieces = (
  { files, pieceLength }: { readonly files: readonly TorrentFile[]; readonly pieceLength: number },
  layerOf: ReturnType<typeof pieceLayers>,
): Pick<TorrentInside, 'pieceHashes' | 'pieceSizes' | 'lacksHashes'> =>
  piecesOf(files, pieceLength, (file) => (file.length <= pieceLength ? file.root : layerOf(file)));

const piecesOf = (
  files: readonly TorrentFile[],
  pieceLength: number,
  layerOf: ReturnType<typeof pieceLayers>,
): Pick<TorrentInside, 'pieceHashes' | 'pieceSizes' | 'lacksHashes'> => {
  const pieceSizes: number[] = [];
  const layers: Uint8Array[] = [];
  let lacking = false;
  for (const file of files) {
    if (file.length === 0) continue;
    const layer = layerOf(file);
    lacking ||= layer === undefined;
    layers.push(layer ?? new Uint8Array(Math.ceil(file.length / pieceLength) * HASH));
    for (let at = 0; at < file.length; at += pieceLength) pieceSizes.push(Math.min(pieceLength, file.length - at));
  }
  const pieceHashes = new Uint8Array(Buffer.concat(layers));
  return { pieceHashes, pieceSizes, ...(lacking && { lacksHashes: true }) };
};
