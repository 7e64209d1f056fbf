import { bytesOf, described, type Dict, decodeWithSpans, dictOf, intOf } from '../../protocol/encoding/bencode.ts';
import { ID_LENGTH, sha1, sha256, toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { fileList, type TorrentFile } from './fileList.ts';
import { pieceCountOf } from '../geometry.ts';
import { fileTree, rooted } from './fileTree.ts';
import { contentV2, type TorrentInside } from './contentV2.ts';
import { checkContent, checkPieceCount, checkPieceLength, MAX_PIECE_LENGTH } from './limits.ts';
import { HASH } from './merkle.ts';
import { pieceLayers } from './pieceLayers.ts';
import { namesOf, rawText, type ToText, toTextOf } from './names.ts';
import { dhtNodes, trackerTiers, webSeeds } from './urls.ts';

/** Maximum length of a .torrent, in bytes. */
export const MAX_TORRENT_BYTES = 10_000_000;
/** Maximum length of an info dictionary from peers, in bytes. */
export const MAX_INFO_BYTES = 16 * 1024 * 1024;

/** The validated content of a .torrent. */
export interface Torrent {
  /**
   * 20 bytes: SHA-1 of the original bytes of the info dictionary; of a torrent of version 2 only what trackers, the
   * DHT and handshakes take instead: the beginning of `infoHashV2`.
   */
  readonly infoHash: Uint8Array;
  /** 32 bytes, unless it is of version 1 only: SHA-256 of the same bytes, by which version 2 knows it. BEP 52. */
  readonly infoHashV2?: Uint8Array;
  readonly name: string;
  readonly pieceLength: number;
  /** Where the last file ends, in bytes: in version 2 more than there are in all files, as each begins with a piece. */
  readonly length: number;
  /** 20 bytes for each piece: SHA-1; 32 of a torrent of version 2 only: the root of its blocks. */
  readonly pieceHashes: Uint8Array;
  /**
   * Bytes of each piece, of a torrent of version 2 only: there a piece ends with its file, and the next file begins
   * with a piece, so that between them are offsets of nothing. BEP 52.
   */
  readonly pieceSizes?: readonly number[];
  /** 32 bytes for each piece of a hybrid: the root of its blocks in version 2, if all of them are known. */
  readonly pieceRoots?: Uint8Array;
  /** Not all of `pieceHashes` are known: peers have them. They are of no magnet link's metadata in version 2. */
  readonly lacksHashes?: true;
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

/** Bytes of each of `pieceHashes`. */
export const hashLengthOf = ({ pieceSizes }: Pick<Torrent, 'pieceSizes'>): number => (pieceSizes ? HASH : ID_LENGTH);

/** A torrent that may be valid, but that we do not support. */
export class Unsupported extends Malformed {}

/**
 * Parses a .torrent. Throws `Malformed`, and `Unsupported` for a version that is not known yet. Keys may be out of
 * order; the info-hash is that of the original bytes. BEP 3, 52.
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
  const inside = fromInfo(info, torrent, new Uint8Array(bytes.subarray(span.start, span.end)));
  if (inside.lacksHashes) throw new Malformed('torrent.piece layers', 'the hashes of all pieces', 'not all');
  return { ...inside, ...around(torrent) };
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
  | 'pieceSizes'
  | 'pieceRoots'
  | 'lacksHashes'
>;
type Around = Omit<Torrent, keyof Inside>;

const fromInfo = (info: Dict, outside: Dict, bytes: Uint8Array): Inside => {
  const isHybrid = info.get('meta version') === 2;
  const isV2 = !info.has('pieces') && (isHybrid || info.has('file tree') || info.has('meta version'));
  if (isV2 && !isHybrid)
    throw new Unsupported('info.meta version', 'version 1 or 2 (BEP 52)', described(info.get('meta version')));
  const infoHashV2 = isHybrid ? sha256(bytes) : undefined;
  const infoHash = isV2 && infoHashV2 ? infoHashV2.slice(0, ID_LENGTH) : sha1(bytes);
  const rawName = rawText(info, 'name');
  if (rawName === undefined) throw new Malformed('info.name', 'a string', described(info.get('name')));
  const toText = namesOf(info, outside);
  const name = toText(rawName) || toHex(infoHash);
  const rawSource = rawText(info, 'source');
  const source = rawSource && toTextOf([rawSource], info, outside)(rawSource);
  const pieceLength = pieceLengthOf(info);
  return {
    infoHash,
    ...(infoHashV2 && { infoHashV2 }),
    name,
    pieceLength,
    ...(isV2 ? contentV2(info, outside, { name, pieceLength }) : contentV1(info, outside, name, pieceLength, toText)),
    // Any value but 0 counts: rather too private than not private enough.
    private: (info.get('private') ?? 0) !== 0,
    ...(source !== undefined && { source }),
    info: bytes,
  };
};

const contentV1 = (info: Dict, outside: Dict, name: string, pieceLength: number, toText: ToText): TorrentInside => {
  const files = fileList(info, name, toText);
  const length = files.reduce((sum, file) => sum + file.length, 0);
  checkContent(files);
  const layout = info.has('files') ? 'folder' : 'file';
  const isHybrid = info.get('meta version') === 2;
  return {
    length,
    pieceHashes: pieceHashesOf(info, pieceCountOf({ length, pieceLength })),
    ...(isHybrid ? withRoots(info, outside, files, { name, pieceLength, layout }) : { files }),
    layout,
  };
};

const withRoots = (
  info: Dict,
  outside: Dict,
  files: readonly TorrentFile[],
  how: Parameters<typeof rooted>[2],
): Pick<TorrentInside, 'files' | 'pieceRoots'> => {
  const { pieceLength } = how;
  checkPieceLength(pieceLength);
  const tree = fileTree(info.get('file tree'));
  const both = rooted(files, tree, how);
  const layerOf = pieceLayers(outside.get('piece layers'), tree, pieceLength);
  const layers = both.flatMap((file) => (file.padding || file.length === 0 ? [] : [layerOf(file)]));
  if (layers.includes(undefined)) return { files: both };
  return { files: both, pieceRoots: new Uint8Array(Buffer.concat(layers as Uint8Array[])) };
};

const pieceLengthOf = (info: Dict): number => {
  const length = info.get('piece length');
  if (typeof length === 'number' && length > 0 && length <= MAX_PIECE_LENGTH) return length;
  throw new Malformed('info.piece length', `a number of bytes from 1 to ${MAX_PIECE_LENGTH}`, described(length));
};

const pieceHashesOf = (info: Dict, pieceCount: number): Uint8Array => {
  checkPieceCount(pieceCount);
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
