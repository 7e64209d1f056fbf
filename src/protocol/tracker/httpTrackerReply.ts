import {
  bytesOf,
  decode,
  described,
  type Dict,
  dictOf,
  intOf,
  listOf,
  textOf,
  type Value,
} from '../encoding/bencode.ts';
import { decodePeers, type Endpoint } from '../encoding/compact.ts';
import { formatIp, parseIp } from '../encoding/ip.ts';
import { isUnicast } from '../encoding/reach.ts';
import { Malformed } from '../encoding/malformed.ts';
import { visible } from '../encoding/visible.ts';

/**
 * Limits of an announce interval, in seconds. With a shorter one a tracker would make us flood it; with a longer one
 * Node's timers would fire immediately.
 */
export const MIN_INTERVAL = 30;
export const MAX_INTERVAL = 86_400;
/** Announce interval for a tracker that sends none, in seconds. */
export const DEFAULT_INTERVAL = 1800;
/** Maximum number of peers kept from one reply. */
export const MAX_REPLY_PEERS = 3000;
/** Maximum number of those that are given by host names: each of these is looked up. */
export const MAX_NAMED = 20;
/** Maximum length of a reply, in bytes, decompressed. */
export const MAX_REPLY_BYTES = 2 * 1024 * 1024;
/** Maximum number of values in a reply: a peer in dictionary form takes seven. */
export const MAX_REPLY_TOKENS = 200_000;
/** Maximum number of characters kept of a tracker's message to the user, before it is made visible. */
export const MAX_TEXT = 500;
/** Maximum length of a tracker id that we send back, in bytes. */
export const MAX_TRACKER_ID = 500;

export interface AnnounceQuery {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** The TCP port on which we listen. */
  readonly port: number;
  /** Bytes uploaded in this run. */
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  /** Absent in a regular announce; `paused` in that of a partial seed (BEP 21). */
  readonly event?: 'started' | 'completed' | 'stopped' | 'paused' | undefined;
  /** Number of peers wanted. */
  readonly numwant?: number | undefined;
  /** Lets the tracker recognise us when our address changes. */
  readonly key?: string | undefined;
  /** The tracker id of an earlier reply. */
  readonly trackerId?: Uint8Array | undefined;
}

export interface AnnounceSuccess {
  readonly type: 'success';
  /** Seconds until the next regular announce, from 30 to 86400. */
  readonly interval: number;
  /** Seconds that have to pass before the next announce of any kind. */
  readonly minInterval?: number;
  readonly trackerId?: Uint8Array;
  readonly seeds?: number;
  readonly leechers?: number;
  readonly peers: readonly Endpoint[];
  /** Peers that are given by host names, at most {@link MAX_NAMED}. */
  readonly named?: readonly Endpoint[];
  readonly warning?: string;
  /** Our address as the tracker sees it. BEP 24. */
  readonly externalIp?: string;
}

export interface AnnounceFailure {
  readonly type: 'failure';
  readonly reason: string;
  /**
   * Minutes until the tracker may be asked again, or never: as the reply says (BEP 31), otherwise the longer of its
   * intervals.
   */
  readonly retryIn?: number | 'never';
}

export type AnnounceReply = AnnounceSuccess | AnnounceFailure;

/** Percent-encodes bytes for a query. */
export const percent = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    text += /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
};

/** The URL of an announce request: `announce` with its own query kept and ours added. BEP 3, 7, 23. */
export const announceUrl = (announce: string, query: AnnounceQuery): string => {
  const parameters: [string, string | undefined][] = [
    ['info_hash', percent(query.infoHash)],
    ['peer_id', percent(query.peerId)],
    ['port', String(query.port)],
    ['uploaded', String(query.uploaded)],
    ['downloaded', String(query.downloaded)],
    ['left', String(query.left)],
    ['compact', '1'],
    ['event', query.event],
    ['numwant', query.numwant?.toString()],
    ['key', query.key === undefined ? undefined : encodeURIComponent(query.key)],
    ['trackerid', query.trackerId && percent(query.trackerId)],
  ];
  const ours = parameters.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join('&');
  const url = announce.replace(/#.*$/s, '').replace(/[?&]+$/, '');
  return `${url}${url.includes('?') ? '&' : '?'}${ours}`;
};

/** Decodes a reply. Throws `Malformed`. A failure is a value, since the tracker did answer. BEP 3, 7, 23, 24, 31. */
export const decodeAnnounceReply = (bytes: Uint8Array): AnnounceReply => {
  const value = decode(bytes, { mode: 'lenient', maxBytes: MAX_REPLY_BYTES, maxTokens: MAX_REPLY_TOKENS });
  const reply = dictOf(value);
  if (!reply) throw new Malformed('tracker reply', 'a dictionary', described(value));
  const reason = textFor(reply, 'failure reason');
  if (reason !== undefined)
    return { type: 'failure', reason, ...present('retryIn', retryIn(reply.get('retry in')) ?? rest(reply)) };
  const minimum = reply.get('min interval');
  const trackerId = bytesOf(reply.get('tracker id'));
  const external = bytesOf(reply.get('external ip'));
  return {
    type: 'success',
    interval: interval(reply.get('interval')),
    ...present('minInterval', minimum === undefined ? undefined : interval(minimum)),
    ...present('trackerId', trackerId && trackerId.length <= MAX_TRACKER_ID ? trackerId : undefined),
    ...present('seeds', count(reply.get('complete'))),
    ...present('leechers', count(reply.get('incomplete'))),
    peers: peersOf(reply),
    ...present('named', namedPeers(listOf(reply.get('peers')) ?? [])),
    ...present('warning', textFor(reply, 'warning message')),
    ...present('externalIp', external?.length === 4 || external?.length === 16 ? formatIp(external) : undefined),
  };
};

const present = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

const textFor = (reply: Dict, key: string): string | undefined => {
  // Half a character must not remain at the end.
  const text = textOf(reply.get(key))
    ?.slice(0, MAX_TEXT)
    .replace(/[\ud800-\udbff]$/, '');
  return text === undefined ? undefined : visible(text);
};

const interval = (value: Value | undefined): number => {
  if (typeof value !== 'number' && typeof value !== 'bigint') return DEFAULT_INTERVAL;
  return Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, Number(value)));
};

const count = (value: Value | undefined): number | undefined => {
  const number = intOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
};

const retryIn = (value: Value | undefined): number | 'never' | undefined => {
  const text = textOf(value);
  if (text === 'never') return 'never';
  const minutes = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : intOf(value);
  return minutes === undefined || minutes < 1 ? undefined : Math.min(minutes, MAX_INTERVAL / 60);
};

/** Minutes until the next announce after a failure. A busy tracker sends its usual interval. */
const rest = (reply: Dict): number | undefined => {
  const said = ['interval', 'min interval']
    .map((key) => reply.get(key))
    .filter((value) => typeof value === 'number' || typeof value === 'bigint');
  return said.length === 0 ? undefined : Math.max(...said.map(interval)) / 60;
};

const peersOf = (reply: Dict): Endpoint[] => {
  const peers = reply.get('peers');
  const v4 = bytesOf(peers);
  const found = v4 ? decodePeers(v4, 4, MAX_REPLY_PEERS) : listedPeers(listOf(peers) ?? []);
  const v6 = decodePeers(bytesOf(reply.get('peers6')) ?? new Uint8Array(), 16, MAX_REPLY_PEERS);
  return [...found, ...v6].slice(0, MAX_REPLY_PEERS);
};

/** A possible host name: letters, digits, hyphens and dots, and not a number in disguise. */
const NAME = /^(?=.{1,253}$)(?!.*\.\d+$)(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/i;

const namedPeers = (list: readonly Value[]): readonly Endpoint[] | undefined => {
  const named: Endpoint[] = [];
  for (const item of list) {
    const peer = dictOf(item);
    const host = textOf(peer?.get('ip')) ?? '';
    const port = intOf(peer?.get('port')) ?? 0;
    if (parseIp(host) !== undefined || !NAME.test(host) || port < 1 || port > 65535) continue;
    if (named.push({ host, port }) >= MAX_NAMED) break;
  }
  return named.length > 0 ? named : undefined;
};

/** Decodes peers in dictionary form. */
const listedPeers = (list: readonly Value[]): Endpoint[] => {
  const peers: Endpoint[] = [];
  for (const item of list) {
    const peer = dictOf(item);
    const ip = parseIp(textOf(peer?.get('ip')) ?? '');
    const port = intOf(peer?.get('port')) ?? 0;
    if (!ip || !isUnicast(ip) || port < 1 || port > 65535) continue;
    if (peers.push({ host: formatIp(ip), port }) >= MAX_REPLY_PEERS) break;
  }
  return peers;
};
