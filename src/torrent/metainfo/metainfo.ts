import { bytesOf, described, type Dict, decodeWithSpans, dictOf, intOf } from '../../protocol/encoding/bencode.ts';
import { sha1, sha256, toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { fileList, type TorrentFile } from './fileList.ts';
import { BLOCK, Geometry } from '../geometry.ts';
import { checkLayers, fileTree, rooted } from './fileTree.ts';
import { namesOf, rawText, toTextOf } from './names.ts';
import { dhtNodes, trackerTiers, webSeeds } from './urls.ts';

/** Maximum length of a .torrent, in bytes. */
export const MAX_TORRENT_BYTES = 10_000_000;
/** Maximum length of an info dictionary from peers, in bytes. */
export const MAX_INFO_BYTES = 16 * 1024 * 1024;
/** Maximum length of a piece, in bytes: a piece is held in memory while it is assembled. */
export const MAX_PIECE_LENGTH = 256 * 1024 * 1024;
export const MAX_PIECES = 2_097_152;

/** The validated content of a .torrent. */
export interface Torrent {
  /** 20 bytes: SHA-1 of the original bytes of the info dictionary. */
  readonly infoHash: Uint8Array;
  /** 32 bytes, of a hybrid torrent: SHA-256 of the same bytes, by which version 2 knows it. BEP 52. */
  readonly infoHashV2?: Uint8Array;
  readonly name: string;
  readonly pieceLength: number;
  readonly length: number;
  /** 20 bytes for each piece. */
  readonly pieceHashes: Uint8Array;
  readonly files: readonly TorrentFile[];
  /** One file named `name`, or a folder `name` with `files` in it. */
  readonly layout: 'file' | 'folder';
  /** BEP 27. */
  readonly private: boolean;
  /** Tiers of tracker URLs. BEP 12. */
  readonly announce: readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds: readonly string[];
  /** BEP 17. */
  readonly httpSeeds: readonly string[];
  /** BEP 5. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
  readonly source?: string;
  /** The original bytes of the info dictionary. */
  readonly info: Uint8Array;
}

/** A torrent that may be valid, but that we do not support. */
export class Unsupported extends Malformed {}

/**
 * Parses a .torrent. Throws `Malformed`, and `Unsupported` for a v2-only torrent (BEP 52). Keys may be out of order;
 * the info-hash is that of the original bytes. BEP 3.
 */
export const parseTorrent = (bytes: Uint8Array): Torrent => {
  if (bytes.length > MAX_TORRENT_BYTES)
    throw new Malformed('torrent', `at most ${MAX_TORRENT_BYTES} bytes`, bytes.length);
  const { value, spans } = decodeWithSpans(bytes, { mode: 'lenient', maxBytes: MAX_TORRENT_BYTES });
  const torrent = dictOf(value);
  const info = dictOf(torrent?.get('info'));
  const span = spans.get('info');
  if (!torrent) throw new Malformed('torrent', 'a dictionary', described(value));
  if (!info || !span) throw new Malformed('torrent.info', 'a dictionary', described(torrent.get('info')));
  return { ...fromInfo(info, torrent, new Uint8Array(bytes.subarray(span.start, span.end))), ...around(torrent) };
};

/**
 * Parses an info dictionary alone, as peers send it for a magnet link: the torrent has no trackers and no web seeds.
 * BEP 9.
 */
export const parseInfo = (bytes: Uint8Array): Torrent => {
  // Unlike in a .torrent nothing may follow: the info-hash is that of all bytes.
  const { value } = decodeWithSpans(bytes, { mode: 'lenient', tail: false, maxBytes: MAX_INFO_BYTES });
  const info = dictOf(value);
  if (!info) throw new Malformed('info', 'a dictionary', described(value));
  return { ...fromInfo(info, new Map(), new Uint8Array(bytes)), ...around(new Map()) };
};

type Inside = Pick<
  Torrent,
  | 'infoHash'
  | 'name'
  | 'pieceLength'
  | 'length'
  | 'pieceHashes'
  | 'files'
  | 'layout'
  | 'private'
  | 'source'
  | 'info'
  | 'infoHashV2'
>;
type Around = Omit<Torrent, keyof Inside>;

const fromInfo = (info: Dict, outside: Dict, bytes: Uint8Array): Inside => {
  refuseV2Only(info);
  const infoHash = sha1(bytes);
  const rawName = rawText(info, 'name');
  if (rawName === undefined) throw new Malformed('info.name', 'a string', described(info.get('name')));
  const toText = namesOf(info, outside);
  const named = toText(rawName) || toHex(infoHash);
  const files = fileList(info, named, toText);
  const length = files.reduce((sum, file) => sum + file.length, 0);
  if (length === 0)
    throw new Malformed('info', 'at least one byte of content', '0 bytes: there is nothing to download');
  const pieceLength = pieceLengthOf(info);
  const layout = info.has('files') ? 'folder' : 'file';
  const isHybrid = info.get('meta version') === 2;
  const rawSource = rawText(info, 'source');
  const source = rawSource && toTextOf([rawSource], info, outside)(rawSource);
  return {
    infoHash,
    ...(isHybrid && { infoHashV2: sha256(bytes) }),
    name: named,
    pieceLength,
    length,
    pieceHashes: pieceHashesOf(info, new Geometry({ length, pieceLength })),
    files: isHybrid ? withRoots(info, outside, files, { name: named, pieceLength, layout }) : files,
    layout,
    // Any value but 0 counts: rather too private than not private enough.
    private: (info.get('private') ?? 0) !== 0,
    ...(source !== undefined && { source }),
    info: bytes,
  };
};

const withRoots = (
  info: Dict,
  outside: Dict,
  files: readonly TorrentFile[],
  how: Parameters<typeof rooted>[2],
): readonly TorrentFile[] => {
  const { pieceLength } = how;
  if (pieceLength < BLOCK || !Number.isInteger(Math.log2(pieceLength)))
    throw new Malformed('info.piece length', 'a power of two from 16384 in a hybrid torrent', pieceLength);
  const tree = fileTree(info.get('file tree'));
  const both = rooted(files, tree, how);
  checkLayers(outside.get('piece layers'), tree, pieceLength);
  return both;
};

const refuseV2Only = (info: Dict): void => {
  if (info.has('pieces')) return;
  if (info.has('file tree') || info.has('meta version')) {
    throw new Unsupported('info', 'a v1 or hybrid torrent', 'a v2-only one (BEP 52), which is not supported yet');
  }
};

const pieceLengthOf = (info: Dict): number => {
  const length = info.get('piece length');
  if (typeof length === 'number' && length > 0 && length <= MAX_PIECE_LENGTH) return length;
  throw new Malformed('info.piece length', `a number of bytes from 1 to ${MAX_PIECE_LENGTH}`, described(length));
};

const pieceHashesOf = (info: Dict, { pieceCount }: Geometry): Uint8Array => {
  if (pieceCount > MAX_PIECES) throw new Malformed('info.piece length', `at most ${MAX_PIECES} pieces`, pieceCount);
  const hashes = bytesOf(info.get('pieces'));
  if (!hashes) throw new Malformed('info.pieces', 'a string of hashes', described(info.get('pieces')));
  if (hashes.length % 20 !== 0) throw new Malformed('info.pieces', 'a multiple of 20 bytes', hashes.length);
  if (hashes.length !== pieceCount * 20)
    throw new Malformed('info.pieces', `${pieceCount} hashes, as many as pieces`, hashes.length / 20);
  return hashes;
};

const textsOf = (torrent: Dict, ...keys: readonly string[]): readonly (string | undefined)[] => {
  const raws = keys.map((key) => rawText(torrent, key));
  const toText = toTextOf(raws, torrent);
  return raws.map((raw) => (raw === undefined ? undefined : toText(raw)));
};

const around = (torrent: Dict): Around => {
  const [comment, createdBy] = textsOf(torrent, 'comment', 'created by');
  const creationDate = intOf(torrent.get('creation date'));
  return {
    announce: trackerTiers(torrent),
    webSeeds: webSeeds(torrent.get('url-list')),
    httpSeeds: webSeeds(torrent.get('httpseeds')),
    nodes: dhtNodes(torrent.get('nodes')),
    ...(comment !== undefined && { comment }),
    ...(createdBy !== undefined && { createdBy }),
    ...(creationDate !== undefined && creationDate >= 0 && { creationDate }),
  };
};
