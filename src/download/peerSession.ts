import { type Observable, tap } from 'rxjs';
import { extensionHandshake, type OurExtensions } from '../../operators/extensionHandshake.ts';
import { handshake, type Identity } from '../../operators/handshake.ts';
import type { Env } from '../contracts/env.ts';
import type { PeerAddress } from '../contracts/network.ts';
import type { Peer } from '../contracts/peer.ts';
import type { TorrentSwarm } from './torrentSwarm.ts';

export interface PeerSessionOptions {
  readonly identity: Identity;
  /** What we say of ourselves, as it is when a peer is met. */
  readonly introduction: () => OurExtensions;
}

/**
 * From an address to the peer that is met there: dial, handshake, extensions. A peer that has called is not dialled.
 *
 * ```
 * dials   -w
 * they    --h---
 * gives   --p---
 * ```
 *
 * What is said then is up to whoever takes the peer: a `converse` of one's own. Completes when they hang up.
 *
 * @throws PeerError as `connect` and `handshake` do, and `duplicate`
 */
export const peerSession =
  (
    env: Pick<Env, 'connect'>,
    { funnel, joined }: Pick<TorrentSwarm, 'funnel' | 'joined'>,
    { identity, introduction }: PeerSessionOptions,
  ): ((address: PeerAddress) => Observable<Peer>) =>
  (address) =>
    (address.wire$ ?? env.connect(address)).pipe(
      tap(() => funnel.reached(address, 'connected')),
      handshake(identity),
      extensionHandshake(introduction()),
      tap(joined),
    );
