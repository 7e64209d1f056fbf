import { filter, ignoreElements, mergeMap, type Observable, type OperatorFunction, throwError } from 'rxjs';
import type { Peer } from '../src/contracts/env.ts';
import { type PeerCode, PeerError } from '../src/contracts/errors.ts';

/** A peer to hang up on. */
export interface Expulsion {
  readonly peer: Peer;
  /** What follows from it: `verdict` says whether the peer is dialled again, dropped or banned. */
  readonly code: PeerCode;
  /** Follows the peer's address in the message of the error. */
  readonly why: string;
}

/**
 * Hangs up on a peer when `expelled$` names it, and says why.
 *
 * ```
 * they      -------
 * expelled  --q--p
 * gives     -----#
 * ```
 *
 * A peer is known by its `address`, the object itself: another connection to the same host stays. What was named before a peer came is not
 * remembered. Use one for all peers of a torrent. Never completes while a peer is there. Errors with a `PeerError` that has the `code` it was
 * given, and with what `expelled$` errors with.
 *
 * @example
 * converse(main, disconnect(liars$.pipe(map((peer) => ({ peer, code: 'corrupt', why: 'sent wrong bytes' })))))
 */
export const disconnect =
  (expelled$: Observable<Expulsion>): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      mergeMap(({ address }) =>
        expelled$.pipe(
          filter(({ peer }) => peer.address === address),
          mergeMap(({ code, why }) => throwError(() => new PeerError(code, `${address.host}:${address.port}: ${why}`))),
        ),
      ),
      ignoreElements(),
    );
