import { catchError, EMPTY, ignoreElements, map, mergeMap, type OperatorFunction, race, take, tap, timer } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';

/** Milliseconds in which the older one of two connections has to say anything. */
export const SIGN_OF_LIFE = 5_000;

export interface SupersedeOptions {
  /** The connection that there was with the same peer before this one, if there is one. */
  readonly older: (newer: Peer) => Peer | undefined;
  /** Hears which of two connections with a peer says nothing any more, or that both of them live. */
  readonly decided: (older: Peer, newer: Peer, lives: boolean) => void;
}

/**
 * Finds out whether a peer that has connected again is still there on its older connection: its line may have died
 * without a word, and it may be at another address now.
 *
 * ```
 * older    ------------      older    --x
 * newer    p                 newer    p
 * writes   K                 writes   K
 * decides  5s s              decides  --b
 * ```
 *
 * The older one is sent a keep-alive, so that a machine that has forgotten it can say so, and has five seconds to say
 * anything at all. Nothing is decided when it ends meanwhile, or when the newer one does. Never completes, never
 * errors.
 *
 * @example
 * const decided = (older: Peer, newer: Peer, lives: boolean) => console.log(lives ? newer.address : older.address);
 * peers$.pipe(converse(main, supersede({ older: () => undefined, decided })));
 */
export const supersede =
  ({ older, decided }: SupersedeOptions): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      mergeMap((newer) => {
        const former = older(newer);
        if (former === undefined) return EMPTY;
        former.send({ type: 'keepAlive' });
        const speaks$ = former.messages$.pipe(
          take(1),
          map(() => true),
          catchError(() => EMPTY),
        );
        return race(speaks$, timer(SIGN_OF_LIFE).pipe(map(() => false))).pipe(
          tap((lives) => decided(former, newer, lives)),
          ignoreElements(),
        );
      }),
    );
