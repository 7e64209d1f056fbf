import { catchError, EMPTY, ignoreElements, map, mergeMap, type OperatorFunction, race, take, tap, timer } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';

/** Milliseconds in which the older of two connections has to send anything. */
export const SIGN_OF_LIFE = 5_000;

export interface SupersedeOptions {
  /** The older connection with the same peer, if there is one. */
  readonly older: (newer: Peer) => Peer | undefined;
  /** Is called with the connection that is silent, or with the fact that both live. */
  readonly decided: (older: Peer, newer: Peer, lives: boolean) => void;
}

/**
 * Finds out whether a peer that has connected again is still there on its older connection: that connection may have
 * died silently, and the peer may have another address now.
 *
 * ```
 * older    ------------      older    --x
 * newer    p                 newer    p
 * writes   K                 writes   K
 * decides  5s s              decides  --b
 * ```
 *
 * The older connection is sent a keep-alive, so that a host that has forgotten it can reset it, and has five seconds to
 * send anything. Nothing is decided if either connection ends meanwhile. Never completes, never errors.
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
