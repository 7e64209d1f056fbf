import { EMPTY, filter, isObservable, merge, NEVER, type Observable, startWith, take, tap } from 'rxjs';
import type { SwarmOptions } from '../../../operators/swarm.ts';
import { askToBeIntroduced, introductions } from '../../../operators/holepunch.ts';
import { dialable } from '../../../operators/dialable.ts';
import { ticking } from '../../../operators/ticking.ts';
import { paceOf } from '../../discovery/pace.ts';
import type { DhtNode } from '../../discovery/dht/node.ts';
import type { ListenPort } from './listenPort.ts';
import type { Changing } from '../streams/changing.ts';
import { checkOption, checkOptions } from '../../contracts/checkOptions.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../../contracts/network.ts';
import { PeerError } from '../../contracts/errors.ts';
import type { Peer } from '../../contracts/peer.ts';
import { ourPeerId } from '../../protocol/encoding/id.ts';
import type { SeedOptions } from '../limits/seedGoal.ts';
import { type Findable, nodeFor, type SourceOptions, sources } from '../../discovery/peerSources.ts';
import { Demand } from './demand.ts';
import { DownloadStats } from '../state/downloadStats.ts';
import { type OwnSources, sourceChoice, swapping } from './ownSources.ts';
import { isAtStake, uselessTo } from './peerWorth.ts';
import { AddressBook, MAX_KNOWN } from '../../torrent/peers/addressBook.ts';
import type { Introductions } from '../../torrent/peers/introductions.ts';
import type { ConnectionBudget } from '../../torrent/peers/connectionBudget.ts';
import { Funnel, type Stage } from '../../torrent/stats/funnel.ts';
import { type Duplicates, closeDuplicates } from './closeDuplicates.ts';
import { Pausing } from '../state/pausing.ts';
import { type Loops, loops as loopsOf } from '../state/loops.ts';

/** Peers at once, if no option says how many. */
export const MAX_PEERS = 200;

export interface TorrentSwarmOptions extends SourceOptions, OwnSources, Partial<Omit<ListenPort, 'listens'>> {
  /** Our peer id, 20 bytes; random if absent. */
  readonly peerId?: Uint8Array | undefined;
  /** Peers at once. Default 200. */
  readonly maxPeers?: Changing<number> | undefined;
  /** Connections and dials that are shared with other swarms. */
  readonly budget?: ConnectionBudget | undefined;
  /** Goes on when no peer is left: others may come. */
  readonly seed?: SeedOptions | undefined;
  /** Counts how far peers get; one of its own if absent. */
  readonly funnel?: Funnel<PeerSource> | undefined;
  /** Is called with each event. */
  readonly report?: ((event: DownloadEvent) => void) | undefined;
}

/**
 * The peers of one info-hash, and what is known of them: the same object before and after the info dictionary is known.
 */
export interface TorrentSwarm {
  /** Our peer id, 20 bytes. */
  readonly peerId: Uint8Array;
  readonly funnel: Funnel<PeerSource>;
  readonly book: AddressBook<PeerAddress>;
  readonly stats: DownloadStats;
  readonly dht$: Observable<DhtNode> | undefined;
  readonly loops: Loops;
  /** How many peers the sources are to look for. */
  readonly demand: Demand;
  readonly pausing: Pausing;
  readonly report: (event: DownloadEvent) => void;
  /** Ticks each `every` milliseconds, and not while this torrent sleeps. */
  readonly ticks: (every: number) => Observable<void>;
  /** True while addresses wait for the place of a useless peer. */
  readonly crowded: () => boolean;
  /** What follows when a peer is connected twice. */
  readonly duplicates: Duplicates;
  /** Which connected peers can introduce us to peers that can't be dialled. */
  readonly introductions: Introductions<Peer>;
  /** Is called with each peer after its handshake. */
  readonly joined: (peer: Peer) => void;
  /** Is called when a peer has said where it listens. */
  readonly introduced: (peer: Peer) => void;
  /**
   * Addresses from all sources: trackers, the DHT, the local network, other peers, incoming connections, and the user.
   * Once `secluded$` emits, from trackers and the user only.
   */
  readonly addresses: (secluded$?: Observable<unknown>) => Observable<PeerAddress>;
  /** For the operator `swarm`: how many sessions there may be, and what it reports to. */
  readonly places: SwarmOptions;
}

/** What the parts of the swarm are made of. */
type Known = Pick<
  TorrentSwarm,
  'peerId' | 'funnel' | 'book' | 'stats' | 'dht$' | 'loops' | 'demand' | 'pausing' | 'report' | 'introductions'
>;

/** With one of these a dial fails where a router lets nobody in. */
const UNREACHED: ReadonlySet<string> = new Set(['timeout', 'unreachable', 'refused', 'reset']);

/** Nothing happens before `addresses` is subscribed to. It belongs to one subscription. */
export const torrentSwarm = (source: Findable, env: Env, options: TorrentSwarmOptions): TorrentSwarm => {
  const room = roomOf(checkOptions(options).maxPeers);
  const known = knownOf(source, env, options);
  const { peerId, book, stats, loops, report } = known;
  const duplicates = closeDuplicates({
    peerId,
    members: () => stats.crowd.members,
    age: (peer) => stats.age(peer),
    expelled: loops.expelled,
  });
  return {
    ...known,
    duplicates,
    ticks: (every) => ticking(every, { busy: () => !stats.asleep, stirred$: loops.stirred }),
    crowded: () => book.waiting > 0 && book.active >= room.most,
    joined: (peer) => {
      duplicates.joined(peer);
      report(stats.joined(peer));
    },
    introduced: ({ address, state: { extensions } }) => {
      const dialable = extensions?.port;
      if (address.wire$ && dialable !== undefined)
        book.listensAt(address, { host: address.host, port: dialable, source: 'incoming' });
    },
    addresses: (secluded$) => addressesOf(source, env, options, known, secluded$),
    places: placesOf(options, known, room),
  };
};

const knownOf = (source: Findable, env: Env, options: TorrentSwarmOptions): Known => {
  const loops = loopsOf();
  const report = (event: DownloadEvent): void => {
    loops.stirred.next();
    options.report?.(event);
  };
  const funnel = options.funnel ?? new Funnel<PeerSource>();
  const book: AddressBook<PeerAddress> = new AddressBook(MAX_KNOWN, {
    port: options.port ?? 0,
    forgotten: (address, why) => funnel.lost(address, why),
    useless: () => uselessTo(stats),
    atStake: (address) => isAtStake(address, stats, book),
  });
  const first = source.private === undefined ? 'metadata' : 'checking';
  const stats = new DownloadStats(undefined, book, { gathered: 0 }, funnel, first);
  return {
    peerId: options.peerId ?? ourPeerId(env),
    ...{ funnel, book, stats, loops, report },
    demand: new Demand(loops.wanted),
    pausing: new Pausing(stats.phase),
    introductions: introductions(),
    dht$: nodeFor(source, { dht$: sourceChoice(options, report).dht$, report }),
  };
};

/**
 * All sources: trackers, the DHT, the local network, other peers, incoming connections, and the user. Each option is
 * named, as V8 copies an object of many members slowly, which a thousand torrents feel.
 */
const addressesOf = (
  source: Findable,
  env: Env,
  options: TorrentSwarmOptions,
  { peerId, dht$, stats, book, funnel, demand, loops: { wanted, found, stirred, expelled, settled }, report }: Known,
  secluded$: Observable<unknown> | undefined,
): Observable<PeerAddress> => {
  const { peers, network$, listens, pace, commons, seed, port = 0 } = options;
  const { trackers, lsd, peers$ } = sourceChoice(options, report);
  const beside = { calls$: options.calls$ ?? EMPTY, told$: found };
  const { calls$, told$, gates } = swapping(options.sources, beside, report, () => stirred.next());
  return sources(env, source, {
    ...{ peers, trackers, dht$, lsd, network$, listens, pace, commons, peers$, calls$, port, peerId, report },
    gates,
    secluded$,
    totals: () => stats.totals(),
    partial: () => stats.partial,
    wanted$: wanted,
    completed$:
      seed?.only === true
        ? NEVER
        : settled.pipe(
            filter(() => stats.completed),
            take(1),
          ),
    seenAs: (host) => book.seenAs(host),
    tiered: (tiers) => (stats.tiers = tiers),
    told$,
    // A banned peer may have left already.
    left$: seed === undefined ? merge(stirred, expelled) : NEVER,
    alone: () => book.alone,
  }).pipe(
    dialable(report),
    tap((address) => {
      funnel.named(address);
      demand.answered();
      stirred.next();
    }),
  );
};

/** How many peers there may be now, and as it changes. */
interface Room {
  most: number;
  readonly maxPeers: number | Observable<number>;
}

/** Before the first value of a stream there may be as many as if nothing were given. */
const roomOf = (maxPeers: Changing<number> = MAX_PEERS): Room => {
  if (!isObservable(maxPeers)) return { most: maxPeers, maxPeers };
  const room: Room = {
    most: MAX_PEERS,
    maxPeers: maxPeers.pipe(
      startWith(MAX_PEERS),
      tap((most) => {
        checkOption('maxPeers', most);
        room.most = most;
      }),
    ),
  };
  return room;
};

const placesOf = (
  { pace, budget }: TorrentSwarmOptions,
  { book, funnel, stats, report, demand, introductions, loops: { stirred } }: Known,
  room: Room,
): SwarmOptions => {
  const now = paceOf(pace);
  return {
    ...{ book, budget, wanted: demand, maxPeers: room.maxPeers },
    enough: () => Math.min(now.enough, room.most),
    funnel: {
      reached: (address: PeerAddress, stage: Stage) => {
        stirred.next();
        funnel.reached(address, stage);
      },
      lost: (address: PeerAddress, cause: string) => funnel.lost(address, cause),
    },
    ended: (address, error) => {
      report(stats.left(address, error));
      if (isUnreached(address, error)) askToBeIntroduced(introductions, address);
    },
  };
};

/** Was it dialled, and could not be connected? */
const isUnreached = ({ wire$, punch }: PeerAddress, error: unknown): boolean =>
  wire$ === undefined && punch !== true && error instanceof PeerError && UNREACHED.has(error.code);
