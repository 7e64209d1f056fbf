import { defer, map, mergeMap, type Observable, throwError, timer } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { HttpReply, HttpRequest } from '../../src/contracts/network.ts';
import { announced } from '../announced.ts';
import type { DrawnHost } from './host.ts';

/** Milliseconds that it takes to answer, beside the way there and back. */
const TAKES = 5;

/**
 * A web server that tells each peer of all others that share its torrent, by IPv4. It is at `http://tracker.test/`, and
 * nobody else is anywhere. Depends on what it was told: who has stopped is not named any more.
 */
export class DrawnTracker {
  readonly #peers = new Map<string, Set<string>>();
  readonly #interval: number;

  /** `interval` in seconds. */
  constructor(interval = 1800) {
    this.#interval = interval;
  }

  /** What a host gets from the web. */
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

  /** Who has announced what; the others. */
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
