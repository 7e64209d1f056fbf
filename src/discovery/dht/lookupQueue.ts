import { catchError, EMPTY, type Observable } from 'rxjs';
import { AnnounceQueue, URGENCY } from '../trackers/announceQueue.ts';

/**
 * Maximum number of concurrent lookups for peers in one node, for all torrents together. Each asks about thirty nodes
 * within a few seconds, so a thousand torrents take about five minutes, at about a hundred queries per second. They
 * stay spread out like this, since each lookup is repeated some time after its own end.
 */
export const MAX_LOOKUPS = 16;

/**
 * Decides which torrent may look for peers in the DHT.
 *
 * ```
 *   asked    (abC)        two at one time; C still lacks pieces
 *   a        --r|
 *   C        ----r|
 *   b          --r|       begins when a has its answer
 * ```
 *
 * Torrents that lack pieces come before complete ones; among equals the one that has waited longest. A lookup keeps its
 * place until it ends, but for at most 15 s, since it may wait until the node has joined the network. When more than
 * 20,000 wait, a further one finds nothing, and is repeated like any other.
 */
export class LookupQueue {
  readonly #turns: AnnounceQueue;

  constructor(most: number = MAX_LOOKUPS) {
    this.#turns = new AnnounceQueue({ most, mostPerHost: most });
  }

  get running(): number {
    return this.#turns.running;
  }

  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * Runs `look` when it is its turn; `seed` if the torrent is complete. Unsubscribing leaves the queue, or frees the
   * place. Never errors by itself.
   */
  inTurn<T>(seed: boolean, look: () => Observable<T>): Observable<T> {
    return this.#turns.inTurn('', seed ? URGENCY.other : URGENCY.active, () => look()).pipe(catchError(() => EMPTY));
  }
}
