import { defer, identity, map, merge, type Observable, Subject, take, tap } from 'rxjs';
import { distinctPeers } from '../../../operators/distinctPeers.ts';
import { swarm } from '../../../operators/swarm.ts';
import { becomeAcquainted, meet } from './metadataSession.ts';
import { defaultPace } from '../../discovery/pace.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../../contracts/network.ts';
import { InputError } from '../../contracts/errors.ts';
import { exactSource } from './exactSource.ts';
import { createPeerId } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { nodeFor, type SourceOptions, sources } from '../../discovery/peerSources.ts';
import { UNKNOWN_LEFT } from '../downloadStats.ts';
import { AddressBook, MAX_KNOWN } from '../../torrent/peers/addressBook.ts';
import { Funnel } from '../../torrent/stats/funnel.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import { parseInfo, type Torrent, Unsupported } from '../../torrent/metainfo/metainfo.ts';

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
    const {
      port = 0,
      maxPeers = 100,
      pex = true,
      report = () => {},
      funnel = new Funnel<PeerSource>(),
      pace = defaultPace,
    } = options;
    const { infoHash } = magnet;
    const peerId = options.peerId ?? createPeerId(env.randomBytes(12));
    const wanted$ = new Subject<number>();
    const told$ = new Subject<PeerAddress>();
    const left$ = new Subject<void>();
    const book = new AddressBook<PeerAddress>(MAX_KNOWN, {
      port,
      forgotten: (address, why) => funnel.lost(address, why),
    });
    const dht$ = nodeFor({}, { dht$: options.dht$, report });
    const acquaintance = {
      infoHash,
      peerId,
      draft: new MetadataDraft(infoHash),
      funnel,
      found$: pex ? told$ : undefined,
      dht$,
      joined: ({ address }: { readonly address: PeerAddress }) => {
        funnel.reached(address, 'handshaken');
        report({ type: 'peer-joined', address });
      },
    };
    const dial = meet(env, acquaintance);
    const found$ = sources(env, magnet, {
      ...options,
      peers: [...(options.peers ?? []), ...peersOf(magnet)],
      dht$,
      peerId,
      port,
      totals: () => ({ uploaded: 0, downloaded: 0, left: UNKNOWN_LEFT }),
      wanted$,
      report,
      seenAs: (host) => book.seenAs(host),
      told$,
      left$,
      alone: () => book.alone,
    }).pipe(
      tap((address) => funnel.named(address)),
      distinctPeers(),
      swarm((address) => dial(address).pipe(becomeAcquainted(acquaintance, identity)), {
        book,
        maxPeers,
        wanted: wanted$,
        enough: Math.min(pace.enough, maxPeers),
        funnel,
        ended: () => left$.next(),
      }),
    );
    return merge(found$, exactSource(magnet, env, report)).pipe(
      take(1),
      map((metadata) => torrentOf(magnet, metadata)),
    );
  });

/** Those whom the link names. */
export const peersOf = ({ peers }: MagnetLink): readonly PeerAddress[] =>
  peers.map((each) => ({ ...each, source: 'manual' }));

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
