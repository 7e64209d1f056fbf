import { type Encodable, encode } from '../../protocol/encoding/bencode.ts';
import type { RootedEntry } from './fileRoots.ts';
import { HASH } from './merkle.ts';
import type { Torrent } from './metainfo.ts';

/** The content of a .torrent. Give `length` for a single file, `files` for a folder. */
export interface TorrentContent {
  readonly name: string;
  /** Bytes. */
  readonly pieceLength: number;
  /** 20 bytes for each piece; not of a torrent of version 2 only. */
  readonly pieceHashes?: Uint8Array;
  /** The same files as version 2 knows them (BEP 52), without padding; its own name is that of a single file. */
  readonly tree?: readonly RootedEntry[];
  readonly length?: number;
  readonly files?: readonly {
    readonly path: readonly string[];
    readonly length: number;
    readonly attributes?: string;
  }[];
  /** One URL, or tiers of URLs (BEP 12). */
  readonly announce?: string | readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds?: readonly string[];
  /** BEP 27. */
  readonly private?: boolean;
  readonly source?: string;
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
}

/** Encodes a .torrent canonically. The content is not checked: `parseTorrent` does that. BEP 3. */
export const encodeTorrent = (content: TorrentContent): Uint8Array => {
  const { announce } = content;
  const tiers = typeof announce === 'string' ? undefined : announce;
  return encode({
    announce: typeof announce === 'string' ? announce : tiers?.[0]?.[0],
    'announce-list': tiers,
    comment: content.comment,
    'created by': content.createdBy,
    'creation date': content.creationDate,
    info: infoOf(content),
    ...(content.tree && { 'piece layers': layersOf(content.tree) }),
    'url-list': content.webSeeds,
  });
};

/** Keys of dictionaries are bytes, written as one char each. */
const keyOf = (name: string | Uint8Array): string => Buffer.from(name as string).toString('latin1');

const layersOf = (files: readonly RootedEntry[]): Encodable =>
  new Map(files.flatMap(({ root, layer }) => (root && layer ? [[keyOf(root), layer]] : [])));

const knownLayers = ({ files, pieceHashes, pieceLength }: Torrent): Encodable =>
  new Map(
    files.flatMap(({ root, offset, length }) => {
      const first = (offset / pieceLength) * HASH;
      const layer = pieceHashes.slice(first, first + Math.ceil(length / pieceLength) * HASH);
      return root && length > pieceLength ? [[keyOf(root), layer] as const] : [];
    }),
  );

type Tree = Map<string, Encodable>;

const treeOf = (files: readonly RootedEntry[]): Encodable => {
  const tree: Tree = new Map();
  for (const { path, length, attributes, root } of files) {
    let folder = tree;
    for (const name of path) {
      const key = keyOf(name);
      const inside = (folder.get(key) as Tree | undefined) ?? new Map<string, Encodable>();
      folder.set(key, inside);
      folder = inside;
    }
    folder.set('', { attr: attributes, length, 'pieces root': root });
  }
  return tree;
};

/**
 * Encodes a .torrent with the original bytes of an info dictionary that was found by a magnet link, so that its
 * info-hash stays the same. BEP 3, 9.
 */
export const encodeOriginal = (torrent: Torrent): Uint8Array => {
  const { info, announce, webSeeds } = torrent;
  const before = encode({ announce: announce[0]?.[0], 'announce-list': announce.length > 0 ? announce : undefined });
  const after = encode({
    ...(torrent.pieceSizes && { 'piece layers': knownLayers(torrent) }),
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  });
  // Keys must be sorted: first those before `info`, then those after it.
  return new Uint8Array(Buffer.concat([before.subarray(0, -1), Buffer.from('4:info'), info, after.subarray(1)]));
};

const infoOf = ({ name, length, files, pieceLength, pieceHashes, source, ...content }: TorrentContent): Encodable => ({
  'file tree': content.tree && treeOf(content.tree),
  files: files?.map((file) => ({ attr: file.attributes, length: file.length, path: file.path })),
  length: files ? undefined : length,
  'meta version': content.tree && 2,
  name,
  'piece length': pieceLength,
  pieces: pieceHashes,
  private: content.private ? 1 : undefined,
  source,
});
