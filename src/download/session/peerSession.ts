import { catchError, defer, type Observable, tap, throwError } from 'rxjs';
import { extensionHandshake, type OurExtensions } from '../../../operators/extensionHandshake.ts';
import { handshake, type Identity } from '../../../operators/handshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress, PeerSource } from '../../contracts/network.ts';
import { PeerError } from '../../contracts/errors.ts';
import type { Peer } from '../../contracts/peer.ts';
import { otherHash } from '../../protocol/encoding/id.ts';
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
 * From an address to a connected peer: dial, handshake, extensions. A peer that has called is not dialled. One that
 * does not know a hybrid by one of its info-hashes is dialled once more for the other (BEP 52).
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
  (address) => {
    const greeted = (v2: boolean): Observable<Peer> =>
      (address.wire$ ?? env.connect(address, (v2 ? other : undefined) ?? identity.infoHash)).pipe(
        tap(() => funnel.reached(address, 'connected')),
        handshake(identity, { v2 }),
      );
    const other = otherHash(identity);
    const first = address.v2 === true;
    const peer$ = other === undefined || address.wire$ ? greeted(false) : eitherWay(greeted(first), greeted(!first));
    return peer$.pipe(extensionHandshake({ ...introduction(), anonymous: env.anonymous }), tap(joined));
  };

/** How a peer parts that does not know a torrent by the info-hash that it was called for. */
const STRANGE: ReadonlySet<string> = new Set(['reset', 'wrong-info-hash', 'encrypts-only']);

/** Which version of a hybrid a peer has cannot be known before it is called: it is called once more for the other. */
const eitherWay = (one$: Observable<Peer>, other$: Observable<Peer>): Observable<Peer> =>
  defer(() => {
    let met = false;
    return one$.pipe(
      tap(() => (met = true)),
      catchError((error: unknown) => {
        if (met || !(error instanceof PeerError) || !STRANGE.has(error.code)) return throwError(() => error);
        return other$;
      }),
    );
  });
