import type { Observable, OperatorFunction } from 'rxjs';
import type { Peer, Provider } from '../src/contracts/peer.ts';
import type { PeerCode } from '../src/contracts/errors.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** A peer to hang up on. */
export interface Expulsion {
  readonly peer: Provider;
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
 * A peer is identified by its `address`, the object itself: another connection to the same host stays. An address named
 * before the peer was connected is not remembered. Use one for all peers of a torrent. Never completes while a peer is
 * connected. Errors with a `PeerError` that has the given `code`, and with the errors of `expelled$`.
 *
 * @example
 * peers$.pipe(converse(main, disconnect(expelled$)));
 */
export const disconnect = (expelled$: Observable<Expulsion>): OperatorFunction<Peer, never> =>
  eachPeer(({ address }, { on, fail }) =>
    on(expelled$, ({ peer, code, why }) => {
      if (peer.address === address) fail(code, why);
    }),
  );
