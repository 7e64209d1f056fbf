import { EMPTY, map, type Observable, of, type OperatorFunction, switchMap, take } from 'rxjs';
import { converse } from '../../../operators/converse.ts';
import { disconnect } from '../../../operators/disconnect.ts';
import { exchangeDhtPorts } from '../../../operators/exchangeDhtPorts.ts';
import { exchangePeers } from '../../../operators/exchangePeers.ts';
import type { OurExtensions } from '../../../operators/extensionHandshake.ts';
import { fetchMetadata } from '../../../operators/fetchMetadata.ts';
import { keepAlive } from '../../../operators/keepAlive.ts';
import { serveMetadata } from '../../../operators/serveMetadata.ts';
import type { Peer } from '../../contracts/peer.ts';
import { UT_METADATA } from '../../protocol/peer/utMetadata.ts';
import { UT_PEX } from '../../protocol/peer/utPex.ts';
import type { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import type { TorrentSwarm } from '../torrentSwarm.ts';

/** What the sessions of a magnet link share while nothing but the info-hash is known. */
export interface MetadataContext {
  readonly swarm: TorrentSwarm;
  readonly draft: MetadataDraft;
  /** Peers tell us of others (BEP 11). */
  readonly pex: boolean;
  /** Our node of the DHT, as long as we may have one. */
  readonly dht$: TorrentSwarm['dht$'];
  /** Where we listen, if we do. */
  readonly port?: number | undefined;
}

/** What we say of ourselves to those who are met before it is known what the link stands for, or just after. */
export const metadataIntroduction = ({ draft, pex, port }: MetadataContext): OurExtensions => ({
  names: pex ? [UT_PEX, UT_METADATA] : [UT_METADATA],
  ...(port !== undefined && { port }),
  ...(draft.metadata !== undefined && { metadataSize: draft.metadata.length }),
});

/**
 * What is said until the info dictionary is there: then the peer is let through, once what `ready` makes of the
 * dictionary has emitted. Others are heard of, nobody is told of.
 *
 * ```
 * source  p-------
 * they    -E--01--
 * gives   -----p--
 * ```
 */
export const metadataSession = (
  { swarm: { loops, duplicates }, draft, pex, dht$ }: MetadataContext,
  ready: (metadata: Uint8Array) => Observable<unknown> = () => of(undefined),
): OperatorFunction<Peer, Peer> =>
  converse(
    switchMap((peer) =>
      of(peer).pipe(
        fetchMetadata(draft),
        switchMap(ready),
        take(1),
        map(() => peer),
      ),
    ),
    serveMetadata(() => draft.metadata),
    exchangeDhtPorts(dht$ ?? EMPTY),
    pex ? exchangePeers(loops.found, { connected: () => [] }) : () => EMPTY,
    disconnect(loops.expelled),
    duplicates.conversation,
    keepAlive(),
  );
