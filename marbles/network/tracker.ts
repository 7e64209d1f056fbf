import { defer, map, mergeMap, type Observable, throwError, timer } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { Datagram, HttpReply, HttpRequest } from '../../src/contracts/network.ts';
import { parseIp } from '../../src/protocol/encoding/ip.ts';
import { percent } from '../../src/protocol/tracker/httpTrackerReply.ts';
import { announced } from '../announced.ts';
import type { DrawnHost } from './host.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';

/** An announce, as the tracker has heard it. */
export interface HeardAnnounce {
  /** Milliseconds since the beginning. */
  readonly at: number;
  /** By which protocol. */
  readonly by: 'http' | 'udp';
  /** The address of the host, and the port where it listens. */
  readonly host: string;
  readonly port: number;
  /** `started`, `completed`, `stopped`, or nothing. */
  readonly event: string;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
}

/** Where the tracker is, for datagrams: `udp://tracker.test:80/announce`. */
export const TRACKER = { host: '203.0.113.80', port: 80 };
/** Milliseconds that the tracker takes to answer, besides the way there and back. */
const TAKES = 5;
const NUMBERS = ['uploaded', 'downloaded', 'left', 'port'] as const;
/** Peers in a reply by UDP. */
const MOST_PEERS = 200;
/** What stands in a packet of UDP (BEP 15), and bytes of an announce. */
const [CONNECT, ANNOUNCE, FAILURE] = [0, 1, 3] as const;
const ANNOUNCE_LENGTH = 98;
const EVENTS = ['', 'completed', 'started', 'stopped'] as const;

/**
 * A tracker that tells each peer of all others that share its torrent, by IPv4: at `http://tracker.test/`, the only URL
 * with a server, and at {@link TRACKER} by UDP. Depends on the announces so far: a peer that has stopped is no longer
 * named.
 */
export class DrawnTracker {
  readonly #peers = new Map<string, Set<string>>();
  readonly #interval: number;
  readonly #now: () => number;
  /** All announces, in their order. */
  readonly announces: HeardAnnounce[] = [];

  /** `interval` in seconds. */
  constructor(interval = 1800, now: () => number = () => 0) {
    this.#interval = interval;
    this.#now = now;
  }

  /** Tells everybody of this peer, too: `host:port`. */
  names(infoHash: Uint8Array, peer: string): void {
    this.#swarmOf(percent(infoHash)).add(peer);
  }

  /** The web as a host sees it. */
  answers(host: DrawnHost, { url }: HttpRequest): Observable<HttpReply> {
    return defer(() => {
      const { hostname, search } = new URL(url);
      const answer$ = timer(2 * host.delay + TAKES);
      if (hostname !== 'tracker.test' || host.state !== 'up') {
        const nobody = new NetworkError('unknown-host', url, 'there is no host of that name');
        return answer$.pipe(mergeMap(() => throwError(() => nobody)));
      }
      return answer$.pipe(map(() => announced(this.#told(host, search), this.#interval, url)));
    });
  }

  /** The answer to a datagram. */
  hears({ bytes, from }: Datagram): Uint8Array | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < 16) return undefined;
    const [action, transaction] = [view.getUint32(8), view.getUint32(12)];
    if (action === CONNECT) return words(CONNECT, transaction, 0, 1);
    if (action !== ANNOUNCE || bytes.length < ANNOUNCE_LENGTH) return words(FAILURE, transaction);
    const [downloaded, left, uploaded] = [56, 64, 72].map((at) => Number(view.getBigUint64(at))) as [
      number,
      number,
      number,
    ];
    const event = EVENTS[view.getUint32(80)] ?? '';
    const heard = { by: 'udp' as const, host: from.host, port: view.getUint16(96), event, uploaded, downloaded, left };
    const others = this.#hear(percent(bytes.subarray(16, 36)), heard).slice(0, MOST_PEERS);
    return Uint8Array.from([
      ...words(ANNOUNCE, transaction, this.#interval, others.length, others.length),
      ...others.flatMap(compact),
    ]);
  }

  /** Records an announce; returns the other peers. */
  #told(host: DrawnHost, search: string): readonly string[] {
    const valueOf = (name: string): string => new RegExp(`[?&]${name}=([^&]*)`).exec(search)?.[1] ?? '';
    const [uploaded = 0, downloaded = 0, left = 0, port = 0] = NUMBERS.map((name) => Number(valueOf(name)));
    const heard = {
      by: 'http' as const,
      host: host.address,
      port,
      event: valueOf('event'),
      uploaded,
      downloaded,
      left,
    };
    return this.#hear(valueOf('info_hash'), heard);
  }

  #hear(infoHash: string, heard: Omit<HeardAnnounce, 'at'>): readonly string[] {
    const peers = this.#swarmOf(infoHash);
    const us = addressText(heard);
    const others = [...peers].filter((each) => each !== us);
    if (heard.event === 'stopped') peers.delete(us);
    else if (heard.port !== 0) peers.add(us);
    this.announces.push({ at: this.#now(), ...heard });
    return others;
  }

  #swarmOf(infoHash: string): Set<string> {
    const peers = this.#peers.get(infoHash) ?? new Set();
    this.#peers.set(infoHash, peers);
    return peers;
  }
}

/** Numbers of four bytes. */
const words = (...numbers: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [at, number] of numbers.entries()) view.setUint32(4 * at, number);
  return bytes;
};

/** A peer in six bytes. */
const compact = (peer: string): readonly number[] => {
  const [host = '', port = '0'] = peer.split(':');
  return [...(parseIp(host) ?? []), Number(port) >> 8, Number(port) & 255];
};
