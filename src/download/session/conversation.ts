import {
  EMPTY,
  filter,
  map,
  type MonoTypeOperatorFunction,
  type Observable,
  type Observer,
  type OperatorFunction,
  pipe,
} from 'rxjs';
import { advertise, type Possessions } from '../../../operators/advertise.ts';
import { converse } from '../../../operators/converse.ts';
import { disconnect } from '../../../operators/disconnect.ts';
import { exchangeDhtPorts } from '../../../operators/exchangeDhtPorts.ts';
import { exchangePeers } from '../../../operators/exchangePeers.ts';
import type { OurExtensions } from '../../../operators/extensionHandshake.ts';
import { fetchLeaves } from '../../../operators/fetchLeaves.ts';
import { holepunch } from '../../../operators/holepunch.ts';
import { hangUpOnSeeds } from '../../../operators/hangUpOnSeeds.ts';
import { keepAlive } from '../../../operators/keepAlive.ts';
import { rechoke } from '../../../operators/rechoke.ts';
import { reportIntroductions } from '../../../operators/reportIntroductions.ts';
import { requestBlocks } from '../../../operators/requestBlocks.ts';
import { type HashesGiven, serveHashes } from '../../../operators/serveHashes.ts';
import { serveMetadata } from '../../../operators/serveMetadata.ts';
import { serveBlocks, type Shelf } from '../../../operators/serveBlocks.ts';
import type { SwarmOptions } from '../../../operators/swarm.ts';
import { whenUnchoked } from '../../../operators/whenUnchoked.ts';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Choking, PieceOutcome } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import type { Block, Peer } from '../../contracts/peer.ts';
import { LT_DONTHAVE } from '../../protocol/peer/dontHave.ts';
import { UT_HOLEPUNCH } from '../../protocol/peer/utHolepunch.ts';
import { UT_METADATA } from '../../protocol/peer/utMetadata.ts';
import { UT_PEX } from '../../protocol/peer/utPex.ts';
import type { PieceFound, PieceLost } from '../state/loops.ts';
import type { Allowances } from '../limits/rateLimits.ts';
import type { WindowRule } from '../../torrent/requests/windowRule.ts';
import type { Choker } from '../../torrent/upload/choker.ts';
import { Lull } from '../../torrent/peers/lull.ts';
import type { SuperSeed } from '../../torrent/upload/superSeed.ts';
import type { LeafDraft } from '../../torrent/merkle/leafDraft.ts';
import type { DownloadState } from '../state/downloadState.ts';
import { peerSession } from './peerSession.ts';
import type { TorrentSwarm } from '../swarm/torrentSwarm.ts';

/** What the sessions of one download share. */
export interface SessionContext {
  readonly swarm: TorrentSwarm;
  readonly transfer: DownloadState;
  /** The original bytes of the info dictionary. */
  readonly info: Uint8Array;
  /** The hashes that others may ask for, of a torrent of version 2. */
  readonly hashes: HashesGiven | undefined;
  /** The hashes of blocks that we ask for when a piece is corrupt, in version 2. */
  readonly leaves: LeafDraft | undefined;
  /** Rate limits, if there are any. */
  readonly limits: Allowances;
  /** Detects that all peers that were sending have stopped at once. */
  readonly lull: Lull<Peer>;
  /** Peer exchange is off: a private torrent has none (BEP 27). */
  readonly secluded: boolean;
  /** `connect` can dial peers that call us at the same moment (BEP 55). */
  readonly punches: boolean;
  /** Conversations of the user's own, and the extensions that they speak. */
  readonly own: readonly OperatorFunction<Peer, never>[];
  readonly ownNames: readonly string[];
  /** The number of requests in flight with each peer. */
  readonly window: Observable<WindowRule>;
  /** Is called with each peer that blocks are requested from. */
  readonly asks: (peer: Peer, asked: { readonly inFlight: number }) => void;
  /** The upload slots, and the pieces that are uploaded. */
  readonly choker: Choker<Peer>;
  readonly shelf: Shelf & Possessions;
  /** Is called with each choke and unchoke that we send. */
  readonly choking: (choking: Choking) => void;
  /** Super-seeding: we are the first seed, and show each peer one piece at a time (BEP 16). */
  readonly superSeed: SuperSeed<Peer> | undefined;
  /** Takes the peers learnt by peer exchange. */
  readonly found: Observer<PeerAddress>;
  /** A DHT node is permitted: for a magnet link until the torrent turns out to be private (BEP 27). */
  readonly dht$: TorrentSwarm['dht$'];
  /** The port where we listen, if we do. */
  readonly port?: number;
}

/** Makes blocks of addresses: as many sessions as the swarm has places. */
export type Blocks = (
  addresses$: Observable<PeerAddress>,
  how: {
    /** Lets each address through once. */
    readonly distinct: MonoTypeOperatorFunction<PeerAddress>;
    readonly session: (address: PeerAddress) => Observable<Block>;
    readonly places: SwarmOptions;
  },
) => Observable<Block>;

/** Milliseconds to keep a useless peer: while other peers wait for its place, and while none does. */
const SILENCE = { starved: 10_000, crowded: 10_000, alone: 60_000 };
const CHOKED = { starved: 20_000, crowded: 120_000, alone: 900_000 };
const IDLE = { starved: 20_000, crowded: 120_000, alone: Infinity };

/** The extension handshake that we send to the peers of one download. */
export const introduction = ({
  secluded,
  punches,
  info,
  port,
  ownNames,
}: Pick<SessionContext, 'secluded' | 'punches' | 'info' | 'port' | 'ownNames'>): OurExtensions => ({
  // The extensions of BEP 11 are not for private torrents (BEP 27), nor is what builds on them.
  names: [
    ...(secluded ? [] : [UT_PEX]),
    UT_METADATA,
    LT_DONTHAVE,
    ...(secluded || !punches ? [] : [UT_HOLEPUNCH]),
    ...ownNames,
  ],
  ...(port !== undefined && { port }),
  ...(info.length > 0 && { metadataSize: info.length }),
});

/** The whole session with one peer, from dialling to hanging up; emits the blocks that the peer sends. */
export const downloadSession = (
  env: Pick<Env, 'connect'>,
  context: SessionContext,
): ((address: PeerAddress) => Observable<Block>) => {
  const { swarm, transfer, dht$ } = context;
  const dial = peerSession(env, swarm, {
    identity: { ...transfer.identity, dht: dht$ !== undefined },
    introduction: () => introduction(context),
  });
  // Made on the first peer: most of a thousand torrents never have one.
  let talk: OperatorFunction<Peer, Block> | undefined;
  return (address) => dial(address).pipe((talk ??= conversation(context)));
};

/** The session with one peer after the handshakes: emits the blocks that the peer sends. */
export const conversation = (context: SessionContext): OperatorFunction<Peer, Block> => {
  const { swarm, shelf, superSeed, dht$ } = context;
  const { picker, geometry, identity } = context.transfer;
  // Pieces written to a pipe can't be read back, so they are not advertised.
  const stored$ = piecesOf(swarm, 'stored', 'found').pipe(filter((piece) => shelf.has(piece)));
  const lost$ = piecesOf(swarm, 'lost');
  const allowsFast = (): boolean => context.choker.allowsFast;
  const { introductions } = swarm;
  const neighbours = { connected: () => swarm.stats.crowd.members, introductions };
  // README: begin
  return converse(
    blocksOf(context), // the main line: whenUnchoked, requestBlocks
    advertise(shelf, stored$, { lost$, infoHash: identity.infoHash, superSeed, allowsFast }),
    rechoke(context.choker, { report: context.choking }),
    serveBlocks(shelf, geometry, { limit: context.limits.up, reads: context.limits.reads, allowsFast }),
    serveMetadata(() => context.info),
    context.hashes ? serveHashes(context.hashes) : () => EMPTY,
    context.leaves ? fetchLeaves(context.leaves) : () => EMPTY,
    exchangeDhtPorts(dht$ ?? EMPTY),
    context.secluded ? () => EMPTY : exchangePeers(context.found, neighbours),
    context.secluded || !context.punches ? () => EMPTY : holepunch(context.found, neighbours),
    disconnect(swarm.loops.expelled),
    swarm.duplicates.conversation,
    hangUpOnSeeds(() => picker.complete),
    reportIntroductions(swarm.introduced),
    keepAlive(),
    ...context.own,
  );
  // README: end
};

/** Pieces when they are stored, when they turn out to be damaged, or can be read after all. */
const piecesOf = ({ loops }: TorrentSwarm, ...types: readonly ('stored' | 'lost' | 'found')[]): Observable<number> =>
  loops.settled.pipe(
    filter((settled): settled is PieceOutcome | PieceLost | PieceFound => types.some((type) => settled.type === type)),
    map(({ index }) => index),
  );

/**
 * The main line: requests blocks while the peer unchokes us, and keeps a useless peer as long as none waits for its
 * place.
 */
const blocksOf = ({ swarm, transfer, lull, limits, window, asks }: SessionContext): OperatorFunction<Peer, Block> => {
  const { picker, wake$ } = transfer;
  const { crowded, stats } = swarm;
  const patience = (limits: typeof SILENCE) => () => {
    if (!crowded()) return limits.alone;
    return stats.crowd.unchoked > 0 ? limits.crowded : limits.starved;
  };
  const bears = patience(SILENCE);
  const silence = {
    patience: (peer: Peer) => (lull.lost(peer) ? 0 : bears()),
    awaited: (peer: Peer) => lull.notice(peer, now()),
  };
  return pipe(
    whenUnchoked(picker, { patience: patience(CHOKED), idle: patience(IDLE) }),
    requestBlocks(picker, { wake$, ...silence, contested: crowded, limit: limits.down, window, asks }),
  );
};
