import { defer, filter, map, merge, type Observable, take } from 'rxjs';
import { distinctPeers } from '../../../operators/distinctPeers.ts';
import { swarm as holdSessions } from '../../../operators/swarm.ts';
import { metadataIntroduction, metadataSession } from './metadataSession.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { PeerSource } from '../../contracts/network.ts';
import { InputError } from '../../contracts/errors.ts';
import { exactSource } from './exactSource.ts';
import { peerSession } from '../peerSession.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { SourceOptions } from '../../discovery/peerSources.ts';
import { peersOf } from '../source.ts';
import { torrentSwarm } from '../torrentSwarm.ts';
import type { Funnel } from '../../torrent/stats/funnel.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import { parseInfo, type Torrent, Unsupported } from '../../torrent/metainfo/metainfo.ts';

/** Peers at one time, if nobody says how many. */
const MAX_PEERS = 100;

export interface FetchTorrentOptions extends SourceOptions {
  /** 20 bytes; made up if not given. */
  readonly peerId?: Uint8Array;
  /** The port that trackers are told. 0: nobody can call us. */
  readonly port?: number;
  /** Peers at one time. 100. */
  readonly maxPeers?: number;
  /** Peers tell us of others (BEP 11). Yes. */
  readonly pex?: boolean;
  /** Hears what happens on the way. */
  readonly report?: (event: DownloadEvent) => void;
  /** Counts how far the peers get. */
  readonly funnel?: Funnel<PeerSource>;
}

/**
 * The torrent that a magnet link leads to, from those who have it: their trackers, the DHT and other peers are asked
 * who that is.
 *
 * ```
 * gives   -----(t|)
 * ```
 *
 * The info dictionary is believed because its SHA-1 is the info-hash; trackers and web seeds are those of the link. If
 * peers have not told it for 5 s, it is looked for where the link says that the .torrent is. Hangs up on everyone then.
 * Completes without it when there is nobody left to ask.
 *
 * @throws InputError `bad-metainfo` or `unsupported`, if what has this info-hash is no torrent that we can do.
 */
export const fetchTorrent = (magnet: MagnetLink, env: Env, options: FetchTorrentOptions = {}): Observable<Torrent> =>
  defer(() => {
    const { maxPeers = MAX_PEERS, pex = true, report = () => {} } = options;
    const { infoHash } = magnet;
    const peers = [...(options.peers ?? []), ...peersOf(magnet)];
    const swarm = torrentSwarm(magnet, env, { ...options, peers, maxPeers, report });
    const { peerId, dht$ } = swarm;
    const draft = new MetadataDraft(infoHash);
    const context = { swarm, dht$, draft, pex };
    const dial = peerSession(env, swarm, {
      identity: { infoHash, peerId, dht: dht$ !== undefined },
      introduction: () => metadataIntroduction(context),
    });
    const acquaint = metadataSession(context);
    const told$ = swarm.addresses().pipe(
      distinctPeers(),
      holdSessions((address) => dial(address).pipe(acquaint), swarm.places),
      map(() => draft.metadata),
      filter((metadata) => metadata !== undefined),
    );
    return merge(told$, exactSource(magnet, env, report)).pipe(
      take(1),
      map((metadata) => torrentOf(magnet, metadata)),
    );
  });

/** What the info dictionary and the link say together. @throws InputError */
export const torrentOf = ({ announce, webSeeds }: MagnetLink, metadata: Uint8Array): Torrent => {
  try {
    return { ...parseInfo(metadata), announce, webSeeds };
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    throw new InputError(
      cause instanceof Unsupported ? 'unsupported' : 'bad-metainfo',
      `what the magnet link leads to: ${cause.message}`,
      { cause },
    );
  }
};
