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

/** Says to a tracker that this is its protocol. */
const MAGIC = 0x41727101980n;
const CONNECT = 0;
const ANNOUNCE = 1;
const SCRAPE = 2;
const ERROR = 3;

/** Bytes of a connection id. */
export const CONNECTION_ID = 8;
/** Torrents in one question; more would not fit into a datagram that is never cut. */
export const MAX_SCRAPED = 74;
/** Bytes of a URL that a tracker is sent: with the rest still one datagram that is never cut. BEP 41. */
export const MAX_URL_DATA = 1024;

// BEP 15 has no number for what BEP 21 says.
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

/** Asks for a connection id, which proves that our address is ours. 16 bytes. BEP 15. */
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

/** An announce of 98 bytes, followed by path and query of `url` unless it has none. BEP 15, 41. */
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
  // Our address stays 0: the tracker sees it.
  view.setUint32(88, Number.parseInt(query.key ?? '', 16) || 0);
  view.setUint32(92, query.numwant ?? EVERYBODY);
  view.setUint16(96, query.port);
  bytes.set(options, 98);
  return bytes;
};

/** Path and query in portions of 255 bytes: passkeys travel there. */
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

/** Asks for the counts of at most 74 torrents. BEP 15. */
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

/** The number that a reply carries back; undefined for what is too short to be one. */
export const transactionOf = (bytes: Uint8Array): number | undefined =>
  bytes.length < 8 ? undefined : viewOf(bytes).getUint32(4);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const least = (what: string, length: number, bytes: Uint8Array): DataView => {
  if (bytes.length < length) throw new Malformed(what, `at least ${length} bytes`, bytes.length);
  return viewOf(bytes);
};

/**
 * What a tracker said. Peers of an announce are 6 bytes each when it came over IPv4, 18 when over IPv6. Connections and
 * announces may be longer than they need to be where BEP 15 allows it. Throws `Malformed`.
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
