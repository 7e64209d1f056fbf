import { defer, map, mergeMap, type Observable, throwError, timer } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { HttpReply, HttpRequest } from '../../src/contracts/network.ts';
import { percent } from '../../src/protocol/tracker/httpTrackerReply.ts';
import { announced } from '../announced.ts';
import type { DrawnHost } from './host.ts';

/** An announce, as the tracker has heard it. */
export interface HeardAnnounce {
  /** Milliseconds since the beginning. */
  readonly at: number;
  /** The address of the host, and the port where it listens. */
  readonly host: string;
  readonly port: number;
  /** `started`, `completed`, `stopped`, or nothing. */
  readonly event: string;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
}

/** Milliseconds that the tracker takes to answer, besides the way there and back. */
const TAKES = 5;
const NUMBERS = ['uploaded', 'downloaded', 'left', 'port'] as const;

/**
 * A web server that tells each peer of all others that share its torrent, by IPv4. It is at `http://tracker.test/`, the
 * only URL with a server. Depends on the announces so far: a peer that has stopped is no longer named.
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

  /** Tells everybody of this peer, too: the info-hash as it is in a URL, and `host:port`. */
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

  /** Records an announce; returns the other peers. */
  #told(host: DrawnHost, search: string): readonly string[] {
    const valueOf = (name: string): string => new RegExp(`[?&]${name}=([^&]*)`).exec(search)?.[1] ?? '';
    const peers = this.#swarmOf(valueOf('info_hash'));
    const us = `${host.address}:${valueOf('port')}`;
    const others = [...peers].filter((each) => each !== us);
    if (valueOf('event') === 'stopped') peers.delete(us);
    else if (valueOf('port') !== '0') peers.add(us);
    const [uploaded = 0, downloaded = 0, left = 0, port = 0] = NUMBERS.map((name) => Number(valueOf(name)));
    const event = valueOf('event');
    this.announces.push({ at: this.#now(), host: host.address, port, event, uploaded, downloaded, left });
    return others;
  }

  #swarmOf(infoHash: string): Set<string> {
    const peers = this.#peers.get(infoHash) ?? new Set();
    this.#peers.set(infoHash, peers);
    return peers;
  }
}
