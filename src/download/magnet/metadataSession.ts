import { EMPTY, type Observable, type OperatorFunction, type Subject, tap } from 'rxjs';
import { converse } from '../../../operators/converse.ts';
import { type DhtContact, exchangeDhtPorts } from '../../../operators/exchangeDhtPorts.ts';
import { exchangePeers } from '../../../operators/exchangePeers.ts';
import { extensionHandshake } from '../../../operators/extensionHandshake.ts';
import { fetchMetadata } from '../../../operators/fetchMetadata.ts';
import { handshake } from '../../../operators/handshake.ts';
import { keepAlive } from '../../../operators/keepAlive.ts';
import { serveMetadata } from '../../../operators/serveMetadata.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress, PeerSource } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import { UT_METADATA } from '../../protocol/peer/utMetadata.ts';
import { UT_PEX } from '../../protocol/peer/utPex.ts';
import type { Funnel } from '../../torrent/stats/funnel.ts';
import type { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';

/** What is said with peers while nothing but the info-hash is known. */
export interface MetadataSession {
  /** 20 bytes each. */
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly draft: MetadataDraft;
  readonly funnel: Funnel<PeerSource>;
  /** Takes the peers that peers tell us about; undefined if they are not to be heard. */
  readonly found$: Subject<PeerAddress> | undefined;
  /** Our node of the DHT, if we have one. */
  readonly dht$: Observable<DhtContact> | undefined;
  /** Where we listen, if we do. */
  readonly port?: number | undefined;
  /** Hears of each peer after its handshake. */
  readonly joined: (peer: Peer) => void;
}

/** From the address to the peer that is met there: of how many pieces it is not known yet. */
export const meet =
  (env: Pick<Env, 'connect'>, { infoHash, peerId, draft, funnel, found$, dht$, port, joined }: MetadataSession) =>
  (address: PeerAddress): Observable<Peer> =>
    (address.wire$ ?? env.connect(address)).pipe(
      tap(() => funnel.reached(address, 'connected')),
      handshake({ infoHash, peerId, dht: dht$ !== undefined }),
      extensionHandshake({
        names: found$ === undefined ? [UT_METADATA] : [UT_PEX, UT_METADATA],
        ...(port !== undefined && { port }),
        ...(draft.metadata !== undefined && { metadataSize: draft.metadata.length }),
      }),
      tap(joined),
    );

/**
 * What is said until the info dictionary is there, and then `next` has to say. Others are heard of, nobody is told of.
 */
export const becomeAcquainted = <T>(
  { draft, found$, dht$ }: MetadataSession,
  next: OperatorFunction<Uint8Array, T>,
): OperatorFunction<Peer, T> =>
  converse(
    (peers) => peers.pipe(fetchMetadata(draft), next),
    serveMetadata(() => draft.metadata),
    exchangeDhtPorts(dht$ ?? EMPTY),
    found$ === undefined ? () => EMPTY : exchangePeers(found$, { connected: () => [] }),
    keepAlive(),
  );
