import { decodePeers } from '../encoding/compact.ts';
import {
  type AnnounceQuery,
  type AnnounceSuccess,
  MAX_INTERVAL,
  MAX_REPLY_PEERS,
  MAX_TEXT,
  MIN_INTERVAL,
} from './httpTrackerReply.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { ScrapeCounts } from './scrapeReply.ts';
import { visible } from '../encoding/visible.ts';

/** Identifies the protocol to a tracker. */
const MAGIC = 0x41727101980n;
const CONNECT = 0;
const ANNOUNCE = 1;
const SCRAPE = 2;
const ERROR = 3;

/** Length of a connection id, in bytes. */
export const CONNECTION_ID = 8;
/** Maximum number of torrents in one scrape; more would not fit into a datagram that is never fragmented. */
export const MAX_SCRAPED = 74;
/**
 * Maximum length of a URL that is sent to a tracker, in bytes: with the rest it still fits into a datagram that is
 * never fragmented. BEP 41.
 */
export const MAX_URL_DATA = 1024;

// BEP 15 has no number for the `paused` event of BEP 21.
const EVENTS = { none: 0, completed: 1, started: 2, stopped: 3, paused: 0 } as const;
const EVERYBODY = 0xff_ff_ff_ff;
const URL_DATA = 2;
const MAX_OPTION = 255;

export type UdpReply =
  | { readonly type: 'connect'; readonly connectionId: Uint8Array }
  | { readonly type: 'announce'; readonly reply: AnnounceSuccess }
  | { readonly type: 'scrape'; readonly counts: readonly ScrapeCounts[] }
  | { readonly type: 'error'; readonly reason: string };

interface Packet {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const packet = (length: number): Packet => {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
};

/** Encodes a request for a connection id, which proves that we own our address. 16 bytes. BEP 15. */
export const encodeConnect = (transaction: number): Uint8Array => {
  const { bytes, view } = packet(16);
  view.setBigUint64(0, MAGIC);
  view.setUint32(8, CONNECT);
  view.setUint32(12, transaction);
  return bytes;
};

const headed = (length: number, connectionId: Uint8Array, action: number, transaction: number): Packet => {
  if (connectionId.length !== CONNECTION_ID) throw new RangeError(`a connection id has ${CONNECTION_ID} bytes`);
  const made = packet(length);
  made.bytes.set(connectionId);
  made.view.setUint32(8, action);
  made.view.setUint32(12, transaction);
  return made;
};

const count64 = (count: number): bigint => BigInt(Number.isFinite(count) && count > 0 ? Math.trunc(count) : 0);

/** Encodes an announce of 98 bytes, followed by the path and query of `url` if it has any. BEP 15, 41. */
export const encodeAnnounce = (
  connectionId: Uint8Array,
  transaction: number,
  query: AnnounceQuery,
  url = '',
): Uint8Array => {
  const options = urlOptions(url);
  const { bytes, view } = headed(98 + options.length, connectionId, ANNOUNCE, transaction);
  bytes.set(query.infoHash.subarray(0, 20), 16);
  bytes.set(query.peerId.subarray(0, 20), 36);
  view.setBigUint64(56, count64(query.downloaded));
  view.setBigUint64(64, count64(query.left));
  view.setBigUint64(72, count64(query.uploaded));
  view.setUint32(80, EVENTS[query.event ?? 'none']);
  // Our address stays 0: the tracker sees it in the packet.
  view.setUint32(88, Number.parseInt(query.key ?? '', 16) || 0);
  view.setUint32(92, query.numwant ?? EVERYBODY);
  view.setUint16(96, query.port);
  bytes.set(options, 98);
  return bytes;
};

/** Path and query in options of at most 255 bytes: they may contain a passkey. */
const urlOptions = (url: string): Uint8Array => {
  if (!URL.canParse(url)) return new Uint8Array();
  const { pathname, search } = new URL(url);
  const data = new TextEncoder().encode(`${pathname}${search}`);
  if (data.length <= 1 || data.length > MAX_URL_DATA) return new Uint8Array();
  const options: number[] = [];
  for (let at = 0; at < data.length; at += MAX_OPTION) {
    const portion = data.subarray(at, at + MAX_OPTION);
    options.push(URL_DATA, portion.length, ...portion);
  }
  return Uint8Array.from(options);
};

/** Encodes a scrape of at most 74 torrents. BEP 15. */
export const encodeScrape = (
  connectionId: Uint8Array,
  transaction: number,
  infoHashes: readonly Uint8Array[],
): Uint8Array => {
  if (infoHashes.length > MAX_SCRAPED) throw new RangeError(`a scrape is for ${MAX_SCRAPED} torrents at most`);
  const { bytes } = headed(16 + 20 * infoHashes.length, connectionId, SCRAPE, transaction);
  infoHashes.forEach((infoHash, index) => bytes.set(infoHash.subarray(0, 20), 16 + 20 * index));
  return bytes;
};

/** The transaction id of a reply; undefined if it is too short to be a reply. */
export const transactionOf = (bytes: Uint8Array): number | undefined =>
  bytes.length < 8 ? undefined : viewOf(bytes).getUint32(4);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const least = (what: string, length: number, bytes: Uint8Array): DataView => {
  if (bytes.length < length) throw new Malformed(what, `at least ${length} bytes`, bytes.length);
  return viewOf(bytes);
};

/**
 * Decodes a reply. The peers of an announce take 6 bytes each over IPv4, and 18 over IPv6. Replies to connect and
 * announce may be longer than necessary where BEP 15 allows it. Throws `Malformed`.
 */
export const decodeUdpReply = (bytes: Uint8Array, family: 4 | 6): UdpReply => {
  const action = least('UDP tracker reply', 8, bytes).getUint32(0);
  switch (action) {
    case CONNECT:
      least('connect reply', 16, bytes);
      return { type: 'connect', connectionId: bytes.slice(8, 16) };
    case ANNOUNCE:
      return { type: 'announce', reply: announceReply(bytes, family) };
    case SCRAPE:
      return { type: 'scrape', counts: scrapeReply(bytes) };
    case ERROR:
      return {
        type: 'error',
        reason: visible(new TextDecoder().decode(bytes.subarray(8, 8 + MAX_TEXT)).replace(/\0+$/, '')),
      };
    default:
      throw new Malformed('UDP tracker reply', 'an action from 0 to 3', action);
  }
};

const announceReply = (bytes: Uint8Array, family: 4 | 6): AnnounceSuccess => {
  const view = least('announce reply', 20, bytes);
  return {
    type: 'success',
    interval: Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, view.getInt32(8))),
    leechers: view.getUint32(12),
    seeds: view.getUint32(16),
    peers: decodePeers(bytes.subarray(20), family === 4 ? 4 : 16, MAX_REPLY_PEERS),
  };
};

const scrapeReply = (bytes: Uint8Array): ScrapeCounts[] => {
  if ((bytes.length - 8) % 12 !== 0) throw new Malformed('scrape reply', '8 bytes and 12 a torrent', bytes.length);
  const view = viewOf(bytes);
  return Array.from({ length: Math.min(MAX_SCRAPED, (bytes.length - 8) / 12) }, (_, index) => ({
    complete: view.getUint32(8 + 12 * index),
    downloaded: view.getUint32(12 + 12 * index),
    incomplete: view.getUint32(16 + 12 * index),
  }));
};
