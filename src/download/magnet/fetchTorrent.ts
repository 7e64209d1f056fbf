import { defer, filter, map, merge, type Observable, take } from 'rxjs';
import { distinctPeers } from '../../../operators/distinctPeers.ts';
import { swarm as holdSessions } from '../../../operators/swarm.ts';
import { metadataIntroduction, metadataSession } from './metadataSession.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { PeerSource } from '../../contracts/network.ts';
import { exactSource } from './exactSource.ts';
import { Layers } from './layers.ts';
import { peerSession } from '../session/peerSession.ts';
import type { SourceOptions } from '../../discovery/peerSources.ts';
import { peersOf } from '../source.ts';
import { torrentSwarm } from '../swarm/torrentSwarm.ts';
import type { Funnel } from '../../torrent/stats/funnel.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** Peers at once, if no option says how many. */
const MAX_PEERS = 100;

export interface FetchTorrentOptions extends SourceOptions {
  /** Our peer id, 20 bytes; random if absent. */
  readonly peerId?: Uint8Array;
  /** The port that trackers are told. 0: peers can't connect to us. */
  readonly port?: number;
  /** Peers at once. Default 100. */
  readonly maxPeers?: number;
  /** Peer exchange (BEP 11). On by default. */
  readonly pex?: boolean;
  /** Is called with each event. */
  readonly report?: (event: DownloadEvent) => void;
  /** Counts how far the peers get. */
  readonly funnel?: Funnel<PeerSource>;
}

/**
 * Fetches the torrent of a magnet link from peers, which trackers, the DHT and other peers name.
 *
 * ```
 * gives   -----(t|)
 * ```
 *
 * The info dictionary is accepted because its SHA-1 is the info-hash; trackers and web seeds are those of the link. If
 * peers have not sent it within 5 s, it is also looked for at the URLs of the link's .torrent. Then hangs up on every
 * peer. Completes without it when no peers and no sources are left.
 *
 * @throws InputError `bad-metainfo` or `unsupported`, if what has this info-hash is not a torrent that we support.
 */
export const fetchTorrent = (magnet: MagnetLink, env: Env, options: FetchTorrentOptions = {}): Observable<Torrent> =>
  defer(() => {
    const { maxPeers = MAX_PEERS, pex = true, report = () => {} } = options;
    const { infoHash } = magnet;
    const peers = [...(options.peers ?? []), ...peersOf(magnet)];
    const swarm = torrentSwarm(magnet, env, { ...options, peers, maxPeers, report });
    const { peerId, dht$ } = swarm;
    const draft = new MetadataDraft(infoHash, magnet.infoHashV2);
    const layers = new Layers(magnet);
    const context = { swarm, dht$, draft, pex, layers };
    const dial = peerSession(env, swarm, {
      identity: { infoHash, infoHashV2: magnet.infoHashV2, peerId, dht: dht$ !== undefined },
      introduction: () => metadataIntroduction(context),
    });
    const acquaint = metadataSession(context);
    const told$ = swarm.addresses().pipe(
      distinctPeers(),
      holdSessions((address) => dial(address).pipe(acquaint), swarm.places),
      map(() => layers.torrent),
    );
    const exact$ = exactSource(magnet, env, report).pipe(
      map((metadata) => {
        draft.adopt(metadata);
        layers.learn(metadata);
        return layers.torrent;
      }),
    );
    return merge(told$, exact$).pipe(
      filter((torrent) => torrent !== undefined),
      take(1),
    );
  });
