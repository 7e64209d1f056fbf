import {
  concat,
  connect,
  defer,
  filter,
  ignoreElements,
  last,
  map,
  merge,
  type Observable,
  of,
  type OperatorFunction,
  pipe,
  switchMap,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { countPieces } from '../../../operators/countPieces.ts';
import { extensionHandshake } from '../../../operators/extensionHandshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent, MetadataKnown } from '../../contracts/events.ts';
import { metadataKnown } from '../../contracts/plain.ts';
import type { Block, Peer } from '../../contracts/peer.ts';
import { together } from '../../discovery/until.ts';
import { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { type Blocks, conversation, introduction, type SessionContext } from '../session/conversation.ts';
import { following } from '../streams/following.ts';
import type { ListenPort } from '../swarm/listenPort.ts';
import type { Settled } from '../state/loops.ts';
import { peerSession } from '../session/peerSession.ts';
import { privateTorrent } from '../swarm/privateTorrent.ts';
import { stoppedOf } from '../swarm/stopping.ts';
import type { TorrentSwarm } from '../swarm/torrentSwarm.ts';
import { exactSource } from './exactSource.ts';
import { Layers } from './layers.ts';
import { type MetadataContext, metadataIntroduction, metadataSession } from './metadataSession.ts';

export interface ResolveMagnetOptions extends Pick<ListenPort, 'listens' | 'port'> {
  /** Peer exchange (BEP 11). On by default. */
  readonly pex?: boolean | undefined;
  /** Makes sessions of addresses, at most as many as the swarm has places. */
  readonly blocks: Blocks;
  /** Ends the wait, as it ends everything. */
  readonly stop$?: Observable<unknown> | undefined;
}

/**
 * Fetches the info dictionary of a magnet link from its peers, and goes on with the same peers on the same connections.
 *
 * ```
 * peers   --j-j-----j--
 * gives   -------m---s-…   what it stands for, and what `goOn` tells
 * ```
 *
 * A session ends its metadata conversation when the torrent is known, and is then handed on as a peer: what the peer
 * has said it has is kept. `goOn` is called once, with what makes blocks of a context. Completes without a value when
 * stopped before, or when no peers and no sources are left.
 *
 * @throws InputError `bad-metainfo` or `unsupported`, and what `goOn` throws.
 */
export const resolveMagnet = (
  magnet: MagnetLink,
  env: Env,
  swarm: TorrentSwarm,
  options: ResolveMagnetOptions,
  goOn: (torrent: Torrent, blocks: (context: SessionContext) => Observable<Block>) => Observable<DownloadEvent>,
): Observable<DownloadEvent> =>
  defer(() => {
    const { stirred, settled } = swarm.loops;
    const knowledge = new Knowledge(magnet, swarm);
    const blocks$ = blocksOf(magnet, env, swarm, options, knowledge).pipe(
      // When nothing more is settled, no peer is needed any more.
      takeUntil(settled.pipe(last(null, undefined))),
    );
    const handOver = (shared$: Observable<Block>) => (context: SessionContext) =>
      defer(() => {
        knowledge.context = context;
        stirred.next();
        return shared$;
      });
    return blocks$.pipe(
      connect((shared$) => {
        const waited$ = knowledge.known$.pipe(
          takeUntil(merge(stoppedOf(swarm, options), shared$.pipe(last(null, undefined)))),
        );
        return following(waited$, (torrent) => concat(of(metadataKnown(torrent)), goOn(torrent, handOver(shared$))));
      }),
    );
  });

/** The state of a magnet link: nothing is known, then the torrent, then the context of the conversations with peers. */
class Knowledge {
  torrent: Torrent | undefined;
  context: SessionContext | undefined;
  /** Emits once, also to late subscribers. */
  readonly known$: Observable<Torrent> = defer(() => (this.torrent === undefined ? this.#learnt$() : of(this.torrent)));
  /** The same, when the context is known. */
  readonly ready$: Observable<unknown> = defer(() =>
    this.context === undefined
      ? this.#swarm.loops.stirred.pipe(
          filter(() => this.context !== undefined),
          take(1),
        )
      : of(undefined),
  );
  readonly layers: Layers;
  readonly #swarm: TorrentSwarm;

  constructor(magnet: MagnetLink, swarm: TorrentSwarm) {
    this.layers = new Layers(magnet);
    this.#swarm = swarm;
  }

  /** Looks whether all is known by now. */
  learn(): void {
    if (this.torrent !== undefined) return;
    this.torrent = this.layers.torrent;
    if (this.torrent === undefined) return;
    this.#swarm.loops.settled.next(metadataKnown(this.torrent));
  }

  #learnt$(): Observable<Torrent> {
    return this.#swarm.loops.settled.pipe(
      filter((settled: Settled): settled is MetadataKnown => settled.type === 'metadata'),
      map(({ torrent }) => torrent),
      take(1),
    );
  }
}

/** All blocks that peers send; none before there is a context. */
const blocksOf = (
  magnet: MagnetLink,
  env: Env,
  swarm: TorrentSwarm,
  { pex = true, listens, port, blocks }: ResolveMagnetOptions,
  knowledge: Knowledge,
): Observable<Block> => {
  const { infoHash } = magnet;
  const draft = new MetadataDraft(infoHash, magnet.infoHashV2);
  const secluded$ = knowledge.known$.pipe(filter((torrent) => torrent.private));
  const dht$ = swarm.dht$?.pipe(takeUntil(secluded$));
  const { layers } = knowledge;
  const context: MetadataContext = { swarm, draft, pex, dht$, layers, port: listens ? port : undefined };
  const dial = peerSession(env, swarm, {
    identity: { infoHash, infoHashV2: magnet.infoHashV2, peerId: swarm.peerId, dht: dht$ !== undefined },
    introduction: () => metadataIntroduction(context),
  });
  const acquaint = metadataSession(context, () => {
    knowledge.learn();
    return knowledge.ready$;
  });
  const exact$ = exactSource(magnet, env, swarm.report).pipe(
    tap((metadata) => {
      draft.adopt(metadata);
      layers.learn(metadata);
      knowledge.learn();
    }),
    ignoreElements(),
    takeUntil(knowledge.known$),
  );
  const { distinct, guarded } = privateTorrent(secluded$);
  const session = guarded((address) => dial(address).pipe(acquaint, handedOn(knowledge, pex, env.anonymous)));
  return blocks(together(swarm.addresses(secluded$), exact$), { distinct, session, places: swarm.places });
};

/** A peer connected before the torrent was known: the extension ids that were sent to it stay the same. */
const handedOn = (
  knowledge: Knowledge,
  pex: boolean,
  anonymous: boolean | undefined,
): OperatorFunction<Peer, Block> => {
  let talk: OperatorFunction<Peer, Block> | undefined;
  const talkOf = (context: SessionContext): OperatorFunction<Peer, Block> =>
    pipe(
      countPieces(context.transfer.geometry.pieceCount),
      extensionHandshake({ ...introduction({ ...context, secluded: !pex }), anonymous }),
      conversation(context),
    );
  return switchMap((peer) => of(peer).pipe((talk ??= talkOf(knowledge.context as SessionContext))));
};
