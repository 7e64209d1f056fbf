import { map, type Observable } from 'rxjs';
import type { Datagram, PeerAddress, UdpEndpoint } from '../../src/contracts/network.ts';
import { encodePeers } from '../../src/protocol/encoding/compact.ts';
import type { AnnounceQuery } from '../../src/protocol/tracker/httpTrackerReply.ts';
import type { Mark } from '../lane.ts';
import { DrawnUdp, type Stage, type UdpNetworkOptions } from '../index.ts';

export const URL_ONE = 'udp://one.example:80/announce';
export const AT = { host: '203.0.113.1', port: 80 };
export const AT6 = { host: '2001:db8::5', port: 80 };
export const a: PeerAddress = { host: '198.51.100.1', port: 6881, source: 'tracker' };
export const six: PeerAddress = { host: '2001:db8::6', port: 6881, source: 'tracker' };
export const names = {
  'one.example': [AT.host],
  'six.example': [AT6.host],
  'both.example': [AT6.host, AT.host],
  'inside.example': ['10.0.0.7'],
};
export const query: AnnounceQuery = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
};

export const packet = (...parts: readonly (number | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'number' ? Buffer.from(Uint32Array.of(part).buffer).swap32() : part)),
    ),
  );
export const word = (bytes: Uint8Array, at: number): number => Buffer.from(bytes).readUInt32BE(at);
export const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** `c` connect, `a` announce, `s` scrape, as we send them. */
export const ASKED: Readonly<Record<number, string>> = { 0: 'c', 1: 'a', 2: 's' };

export interface Manners {
  readonly udp?: UdpNetworkOptions;
  /** Whether the nth packet that comes is answered. */
  readonly answers?: (nth: number) => boolean;
  /** What it says instead, or besides. */
  readonly says?: (asked: Uint8Array, nth: number) => readonly Uint8Array[] | undefined;
  readonly peers?: Uint8Array;
  readonly at?: UdpEndpoint;
}

export const honest = (asked: Uint8Array, id: number, peers: Uint8Array): Uint8Array => {
  const action = word(asked, 8);
  if (action === 0) return packet(0, word(asked, 12), id, id);
  return action === 1 ? packet(1, word(asked, 12), 1800, 3, 4, peers) : packet(2, word(asked, 12), 7, 8, 9);
};

/** What it is told by an announce: `d` completed, `s` started, `x` stopped, `n` nothing new. */
const EVENTS: Readonly<Record<number, string>> = { 0: 'n', 1: 'd', 2: 's', 3: 'x' };

/** A UDP tracker, and when it was asked what. Whatever is answered takes 1 ms there and 1 ms back. */
export const scene = (
  stage: Stage,
  { udp = {}, answers = () => true, says = () => undefined, peers = encodePeers([a], 4), at = AT }: Manners = {},
) => {
  const asked: Mark[] = [];
  const told: Mark[] = [];
  const watch = ({ bytes, from }: Datagram): void => {
    if (from.host === at.host) return;
    asked.push({ frame: stage.now(), kind: 'value', value: ASKED[word(bytes, 8)] });
    if (word(bytes, 8) === 1) told.push({ frame: stage.now(), kind: 'value', value: EVENTS[word(bytes, 80)] });
  };
  const network = new DrawnUdp({ latency: 1, names, watch, ...udp }, stage.ledger);
  network.plays(at, ({ bytes }, nth) => (answers(nth) ? (says(bytes, nth) ?? honest(bytes, 5, peers)) : undefined));
  const { env } = stage.world({ udp: network });
  return { env, network, asked, told };
};

export const hosts = (replies: Observable<{ readonly peers: readonly { readonly host: string }[] }>) =>
  replies.pipe(map(({ peers }) => peers.map(({ host }) => host).join(' ')));
export const values = { a: a.host, s: six.host, n: '' };
