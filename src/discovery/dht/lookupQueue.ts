import { catchError, EMPTY, type Observable } from 'rxjs';
import { AnnounceQueue, URGENCY } from '../trackers/announceQueue.ts';

/**
 * Lookups for peers under way at one time in one node, of all torrents together. Each asks some thirty nodes within a
 * few seconds: so a thousand torrents are looked up in about five minutes, with some hundred questions a second, and go
 * on at that pace, as each comes again a while after its own end.
 */
export const MAX_LOOKUPS = 16;

/**
 * Whose turn it is to look in the DHT.
 *
 * ```
 *   asked    (abC)        two at one time; C still lacks pieces
 *   a        --r|
 *   C        ----r|
 *   b          --r|       begins when a has its answer
 * ```
 *
 * Torrents that lack pieces come before those that have all of theirs, and of those that are equal the ones that have
 * waited longest. A lookup has its place until it ends, but for 15 s at most, as for a node that has not joined the
 * network. When more than 20,000 wait, one more finds nobody: it comes again as others do.
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
   * What `look` gives, when it is its turn; `seed` if we have all of it. Unsubscribing leaves the line, or makes room.
   * Never errors by itself.
   */
  inTurn<T>(seed: boolean, look: () => Observable<T>): Observable<T> {
    return this.#turns.inTurn('', seed ? URGENCY.other : URGENCY.active, () => look()).pipe(catchError(() => EMPTY));
  }
}
