import { type Observable, tap } from 'rxjs';
import { extensionHandshake, type OurExtensions } from '../../../operators/extensionHandshake.ts';
import { handshake, type Identity } from '../../../operators/handshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress, PeerSource } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import type { Funnel } from '../../torrent/stats/funnel.ts';

export interface PeerSessionOptions {
  readonly identity: Identity;
  /** Our extension handshake, computed when a peer is connected. */
  readonly introduction: () => OurExtensions;
}

/** What is told of a peer on the way: of a `TorrentSwarm`, or of a single session. */
export interface Joining {
  readonly funnel: Pick<Funnel<PeerSource>, 'reached'>;
  /** Is called with each peer after its handshake. */
  readonly joined: (peer: Peer) => void;
}

/**
 * From an address to a connected peer: dial, handshake, extensions. A peer that has called is not dialled.
 *
 * ```
 * dials   -w
 * they    --h---
 * gives   --p---
 * ```
 *
 * What follows is up to the subscriber: a `converse` of one's own. Completes when the peer hangs up.
 *
 * @throws PeerError as `connect` and `handshake` do, and `duplicate`
 */
export const peerSession =
  (
    env: Pick<Env, 'connect' | 'anonymous'>,
    { funnel, joined }: Joining,
    { identity, introduction }: PeerSessionOptions,
  ): ((address: PeerAddress) => Observable<Peer>) =>
  (address) =>
    (address.wire$ ?? env.connect(address, identity.infoHash)).pipe(
      tap(() => funnel.reached(address, 'connected')),
      handshake(identity),
      extensionHandshake({ ...introduction(), anonymous: env.anonymous }),
      tap(joined),
    );
