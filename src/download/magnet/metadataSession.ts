import { EMPTY, map, type Observable, of, type OperatorFunction, switchMap, take } from 'rxjs';
import { converse } from '../../../operators/converse.ts';
import { disconnect } from '../../../operators/disconnect.ts';
import { exchangeDhtPorts } from '../../../operators/exchangeDhtPorts.ts';
import { fetchHashes } from '../../../operators/fetchHashes.ts';
import { exchangePeers } from '../../../operators/exchangePeers.ts';
import type { OurExtensions } from '../../../operators/extensionHandshake.ts';
import { fetchMetadata } from '../../../operators/fetchMetadata.ts';
import { keepAlive } from '../../../operators/keepAlive.ts';
import { serveMetadata } from '../../../operators/serveMetadata.ts';
import type { Peer } from '../../contracts/peer.ts';
import { UT_METADATA } from '../../protocol/peer/utMetadata.ts';
import { UT_PEX } from '../../protocol/peer/utPex.ts';
import type { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import type { TorrentSwarm } from '../swarm/torrentSwarm.ts';
import type { Layers } from './layers.ts';

/** What the sessions of a magnet link share while only the info-hash is known. */
export interface MetadataContext {
  readonly swarm: TorrentSwarm;
  readonly draft: MetadataDraft;
  /** What is known of the torrent itself. */
  readonly layers: Layers;
  /** Peer exchange (BEP 11). */
  readonly pex: boolean;
  /** Our DHT node, as long as it is permitted. */
  readonly dht$: TorrentSwarm['dht$'];
  /** The port where we listen, if we do. */
  readonly port?: number | undefined;
}

/** Our extension handshake for peers that are connected before the info dictionary is known, or just after. */
export const metadataIntroduction = ({ draft, pex, port }: MetadataContext): OurExtensions => ({
  names: pex ? [UT_PEX, UT_METADATA] : [UT_METADATA],
  ...(port !== undefined && { port }),
  ...(draft.metadata !== undefined && { metadataSize: draft.metadata.length }),
});

/**
 * The conversation until the info dictionary is there, and in version 2 the hashes of pieces: then the peer is emitted,
 * once the stream that `ready` makes has emitted. Peer exchange is received, and not sent.
 * ```
 * source  p-------
 * they    -E--01--
 * gives   -----p--
 * ```
 */
export const metadataSession = (
  { swarm: { loops, duplicates, introductions }, draft, pex, dht$, layers }: MetadataContext,
  ready: () => Observable<unknown> = () => of(undefined),
): OperatorFunction<Peer, Peer> =>
  converse(
    switchMap((peer) =>
      of(peer).pipe(
        fetchMetadata(draft),
        switchMap((metadata) => {
          layers.learn(metadata);
          return layers.draft ? of(peer).pipe(fetchHashes(layers.draft)) : of(undefined);
        }),
        switchMap(ready),
        take(1),
        map(() => peer),
      ),
    ),
    serveMetadata(() => draft.metadata),
    exchangeDhtPorts(dht$ ?? EMPTY),
    pex ? exchangePeers(loops.found, { connected: () => [], introductions }) : () => EMPTY,
    disconnect(loops.expelled),
    duplicates.conversation,
    keepAlive(),
  );
