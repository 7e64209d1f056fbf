import { EMPTY, filter, type Observable, type OperatorFunction, pipe, type Subject, tap } from 'rxjs';
import { advertise, type Possessions } from '../../operators/advertise.ts';
import { converse } from '../../operators/converse.ts';
import { disconnect, type Expulsion } from '../../operators/disconnect.ts';
import { type DhtContact, exchangeDhtPorts } from '../../operators/exchangeDhtPorts.ts';
import { exchangePeers } from '../../operators/exchangePeers.ts';
import { extensionHandshake, type OurExtensions } from '../../operators/extensionHandshake.ts';
import { handshake } from '../../operators/handshake.ts';
import { hangUpOnSeeds } from '../../operators/hangUpOnSeeds.ts';
import { keepAlive } from '../../operators/keepAlive.ts';
import { rechoke } from '../../operators/rechoke.ts';
import { reportIntroductions } from '../../operators/reportIntroductions.ts';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { serveMetadata } from '../../operators/serveMetadata.ts';
import { serveBlocks, type Shelf } from '../../operators/serveBlocks.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import { now } from '../contracts/clock.ts';
import type { Env } from '../contracts/env.ts';
import type { Choking } from '../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../contracts/network.ts';
import type { Block, Peer } from '../contracts/peer.ts';
import { LT_DONTHAVE } from '../protocol/peer/dontHave.ts';
import { UT_METADATA } from '../protocol/peer/utMetadata.ts';
import { UT_PEX } from '../protocol/peer/utPex.ts';
import type { Allowances } from './rateLimits.ts';
import type { Choker } from '../torrent/upload/choker.ts';
import type { ConnectedPeers } from '../torrent/peers/connectedPeers.ts';
import type { Funnel } from '../torrent/stats/funnel.ts';
import { Lull } from '../torrent/peers/lull.ts';
import type { SuperSeed } from '../torrent/upload/superSeed.ts';
import type { DownloadState } from './downloadState.ts';
import type { Duplicates } from './closeDuplicates.ts';

/** What the sessions of one download share. */
export interface SessionContext {
  readonly transfer: DownloadState;
  /** The original bytes of the info dictionary. */
  readonly info: Uint8Array;
  /** Rate limits, if there are any. */
  readonly limits: Allowances;
  readonly crowd: ConnectedPeers<PeerAddress, Peer>;
  /** Notices when all that were giving fall silent together. */
  readonly lull: Lull<Peer>;
  readonly funnel: Funnel<PeerSource>;
  /** The torrent is private: its peers don't tell of others (BEP 27). */
  readonly secluded: boolean;
  /** Others wait for the place of a useless peer. */
  readonly crowded: () => boolean;
  /** Which peers are served, and from where. */
  readonly choker: Choker<Peer>;
  readonly shelf: Shelf & Possessions;
  /** Hears of each choke and unchoke of ours. */
  readonly choking: (choking: Choking) => void;
  /** Pieces as they are stored, and as they turn out to be damaged. */
  readonly stored$: Observable<number>;
  readonly lost$: Observable<number>;
  /** We are the first seed, and show each peer one piece at a time (BEP 16). */
  readonly superSeed: SuperSeed<Peer> | undefined;
  /** Takes the peers that peers tell us about. */
  readonly found$: Subject<PeerAddress>;
  /** Our node of the DHT, if we have one. */
  readonly dht$: Observable<DhtContact> | undefined;
  /** Where we listen, if we do. */
  readonly port?: number;
  /** What follows when a peer is connected twice. */
  readonly twins: Duplicates;
  /** Peers that have to go. */
  readonly expelled$: Observable<Expulsion>;
  /** Hears of a peer when it has said of itself what it speaks, and where it listens. */
  readonly introduced: (peer: Peer) => void;
  /** Hears of each peer after its handshake. */
  readonly joined: (peer: Peer) => void;
}

/** Milliseconds to bear with a useless peer while others wait, or none does. */
const SILENCE = { starved: 10_000, crowded: 10_000, alone: 60_000 };
const CHOKED = { starved: 20_000, crowded: 120_000, alone: 900_000 };
const IDLE = { starved: 20_000, crowded: 120_000, alone: Infinity };

/** What we say of ourselves to the peers of one download. */
export const introduction = ({
  secluded,
  info,
  port,
}: Pick<SessionContext, 'secluded' | 'info' | 'port'>): OurExtensions => ({
  // The extensions of BEP 11 are not for private torrents (BEP 27).
  names: secluded ? [UT_METADATA, LT_DONTHAVE] : [UT_PEX, UT_METADATA, LT_DONTHAVE],
  ...(port !== undefined && { port }),
  ...(info.length > 0 && { metadataSize: info.length }),
});

/** All that is said with one peer, from dialling to hanging up; emits the blocks that it sends. */
export const peerSession = (
  env: Pick<Env, 'connect'>,
  company: SessionContext,
): ((address: PeerAddress) => Observable<Block>) => {
  const { funnel, dht$ } = company;
  // Most torrents of a thousand never have a peer.
  let talk: OperatorFunction<Peer, Block> | undefined;
  return (address) =>
    (address.wire$ ?? env.connect(address)).pipe(
      tap(() => funnel.reached(address, 'connected')),
      handshake({ ...company.transfer.identity, dht: dht$ !== undefined }),
      extensionHandshake(introduction(company)),
      tap((peer) => company.joined(peer)),
      (talk ??= conversation(company)),
    );
};

/** All that is said with one peer after the handshakes. */
export const conversation = (company: SessionContext): OperatorFunction<Peer, Block> => {
  const { crowd, lull, limits, shelf, lost$, superSeed, found$, dht$ } = company;
  // What is stored and not kept is not told of.
  const stored$ = company.stored$.pipe(filter((piece) => shelf.has(piece)));
  const { picker, geometry, identity, wake$ } = company.transfer;
  const patience = (limits: typeof SILENCE) => () => {
    if (!company.crowded()) return limits.alone;
    return crowd.unchoked > 0 ? limits.crowded : limits.starved;
  };
  const bears = patience(SILENCE);
  const silence = {
    patience: (peer: Peer) => (lull.lost(peer) ? 0 : bears()),
    awaited: (peer: Peer) => lull.notice(peer, now()),
  };
  return converse(
    pipe(
      whenUnchoked(picker, { patience: patience(CHOKED), idle: patience(IDLE) }),
      requestBlocks(picker, { wake$, ...silence, contested: company.crowded, limit: limits.down }),
    ),
    advertise(shelf, stored$, { lost$, infoHash: identity.infoHash, superSeed }),
    rechoke(company.choker, { report: company.choking }),
    serveBlocks(shelf, geometry, { limit: limits.up }),
    serveMetadata(() => company.info),
    exchangeDhtPorts(dht$ ?? EMPTY),
    company.secluded ? () => EMPTY : exchangePeers(found$, { connected: () => crowd.members }),
    disconnect(company.expelled$),
    company.twins.conversation,
    hangUpOnSeeds(() => picker.complete),
    reportIntroductions(company.introduced),
    keepAlive(),
  );
};
