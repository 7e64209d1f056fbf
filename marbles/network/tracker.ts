import { defer, map, mergeMap, type Observable, throwError, timer } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { HttpReply, HttpRequest } from '../../src/contracts/network.ts';
import { announced } from '../announced.ts';
import type { DrawnHost } from './host.ts';

/** Milliseconds that the tracker takes to answer, besides the way there and back. */
const TAKES = 5;

/**
 * A web server that tells each peer of all others that share its torrent, by IPv4. It is at `http://tracker.test/`, the
 * only URL with a server. Depends on the announces so far: a peer that has stopped is no longer named.
 */
export class DrawnTracker {
  readonly #peers = new Map<string, Set<string>>();
  readonly #interval: number;

  /** `interval` in seconds. */
  constructor(interval = 1800) {
    this.#interval = interval;
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
    const peers = this.#peers.get(valueOf('info_hash')) ?? new Set();
    this.#peers.set(valueOf('info_hash'), peers);
    const us = `${host.address}:${valueOf('port')}`;
    const others = [...peers].filter((each) => each !== us);
    if (valueOf('event') === 'stopped') peers.delete(us);
    else if (valueOf('port') !== '0') peers.add(us);
    return others;
  }
}
