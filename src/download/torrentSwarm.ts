import { defer, EMPTY, identity, merge, NEVER, type Observable, Subject, take, tap } from 'rxjs';
import { distinctPeers } from '../../operators/distinctPeers.ts';
import { swarm } from '../../operators/swarm.ts';
import { ticking } from '../../operators/ticking.ts';
import { defaultPace } from '../discovery/pace.ts';
import type { DhtNode } from '../discovery/dht/node.ts';
import type { ListenPort } from './listenPort.ts';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../contracts/network.ts';
import type { Peer } from '../contracts/peer.ts';
import { createPeerId } from '../protocol/encoding/id.ts';
import type { SeedOptions } from './seedGoal.ts';
import { privateTorrent } from './privateTorrent.ts';
import type { Expulsion } from '../../operators/disconnect.ts';
import { type Findable, nodeFor, type SourceOptions, sources } from '../discovery/peerSources.ts';
import { DownloadStats } from './downloadStats.ts';
import { AddressBook, MAX_KNOWN } from '../torrent/peers/addressBook.ts';
import { together } from '../discovery/until.ts';
import type { ConnectionBudget } from '../torrent/peers/connectionBudget.ts';
import { Funnel } from '../torrent/stats/funnel.ts';
import { type Duplicates, closeDuplicates } from './closeDuplicates.ts';

export type TorrentSwarmOptions = SourceOptions &
  ListenPort & {
    readonly peerId?: Uint8Array;
    readonly maxPeers?: number;
    readonly budget?: ConnectionBudget;
    readonly seed?: SeedOptions;
  };

/**
 * Those who gather round an info-hash, and what is known of them: the same before and after it is known what it stands
 * for.
 */
export interface TorrentSwarm {
  /** 20 bytes, ours. */
  readonly peerId: Uint8Array;
  readonly funnel: Funnel<PeerSource>;
  readonly book: AddressBook<PeerAddress>;
  readonly tally: DownloadStats;
  readonly dht$: Observable<DhtNode> | undefined;
  /** Loop 4: who spoiled a piece, or is connected twice. */
  readonly expelled$: Subject<Expulsion>;
  /** Loop 5: peers that peers told us about. */
  readonly found$: Subject<PeerAddress>;
  /** The last piece is there. */
  readonly completed$: Subject<void>;
  /** What happens beside the pipe, for whoever watches. */
  readonly news$: Subject<DownloadEvent>;
  readonly report: (event: DownloadEvent) => void;
  /** Somebody is named, called, or dialled: what sleeps while nothing happens wakes up. */
  readonly stirred$: Observable<void>;
  readonly stir: () => void;
  /** Ticks each `every` milliseconds, and not while this torrent sleeps. */
  readonly ticks: (every: number) => Observable<void>;
  /** Others wait for the place of a useless peer. */
  readonly crowded: () => boolean;
  /** What follows when a peer is connected twice. */
  readonly twins: Duplicates;
  /** Hears of each peer after its handshake. */
  readonly joined: (peer: Peer) => void;
  /** Hears of a peer when it has said of itself where it listens. */
  readonly introduced: (peer: Peer) => void;
  /**
   * Finds peers and holds a session with each, as many as may be at one time. When `secluded$` emits, only trackers are
   * asked, and only whom they or people have named stays. It does not end before `held$`.
   */
  swarm<T>(
    session: (address: PeerAddress) => Observable<T>,
    secluded$?: Observable<unknown>,
    held$?: Observable<never>,
  ): Observable<T>;
}

/** Nothing happens before its swarm is subscribed to. It is of one subscription. */
export const torrentSwarm = (source: Findable, env: Env, options: TorrentSwarmOptions): TorrentSwarm => {
  const { maxPeers = 200, port, pace = defaultPace, seed } = options;
  const peerId = options.peerId ?? createPeerId(env.randomBytes(12));
  const wanted$ = new Subject<number>(); // loop 1: the swarm is this many peers short
  const left$ = new Subject<void>(); // one peer less: perhaps there is nobody left
  const expelled$ = new Subject<Expulsion>();
  const found$ = new Subject<PeerAddress>();
  const completed$ = new Subject<void>();
  const news$ = new Subject<DownloadEvent>();
  const report = (event: DownloadEvent): void => news$.next(event);
  const stirred$ = new Subject<void>();
  const stir = (): void => stirred$.next();
  const funnel = new Funnel<PeerSource>();
  const book: AddressBook<PeerAddress> = new AddressBook(MAX_KNOWN, {
    port,
    forgotten: (address, why) => funnel.lost(address, why),
    useless: () => tally.useless(),
    atStake: (address) => tally.atStake(address),
  });
  const tally = new DownloadStats(undefined, book, { gathered: 0 }, funnel);
  const dht$ = nodeFor(source, { ...options, report });
  const addresses = (secluded$: Observable<unknown> | undefined): Observable<PeerAddress> =>
    sources(env, source, {
      ...options,
      peerId,
      dht$,
      totals: () => tally.totals(),
      wanted$,
      completed$: completed$.pipe(take(1)),
      report,
      seenAs: (host) => book.seenAs(host),
      told$: found$,
      secluded$,
      partial: () => tally.partial,
      // Who is banned may have left before.
      left$: seed === undefined ? merge(left$, expelled$) : NEVER,
      alone: () => book.alone,
    });
  const twice = closeDuplicates({
    peerId,
    members: () => tally.crowd.members,
    age: (peer) => tally.age(peer),
    expelled: expelled$,
  });
  return {
    peerId,
    funnel,
    book,
    tally,
    dht$,
    expelled$,
    found$,
    completed$,
    news$,
    report,
    stirred$,
    stir,
    ticks: (every) => ticking(every, { busy: () => !tally.asleep, stirred$ }),
    twins: twice,
    crowded: () => book.waiting > 0 && book.active >= maxPeers,
    joined: (peer) => {
      twice.joined(peer);
      report(tally.joined(peer));
    },
    introduced: ({ address, state: { extensions } }) => {
      const dialable = extensions?.port;
      if (address.wire$ && dialable !== undefined)
        book.listensAt(address, { host: address.host, port: dialable, source: 'incoming' });
    },
    swarm: (session, secluded$, held$ = EMPTY) => {
      const { distinct, guarded } =
        secluded$ === undefined
          ? { distinct: distinctPeers(), guarded: identity<typeof session> }
          : privateTorrent(secluded$);
      const stirring: typeof session = (address) =>
        defer(() => {
          stir();
          return session(address);
        });
      return together(addresses(secluded$), held$).pipe(
        tap((address) => {
          funnel.named(address);
          stir();
        }),
        distinct,
        swarm(guarded(stirring), {
          book,
          maxPeers,
          wanted: wanted$,
          enough: Math.min(pace.enough, maxPeers),
          funnel,
          budget: options.budget,
          ended: (address, error) => {
            report(tally.left(address, error));
            left$.next();
          },
        }),
      );
    },
  };
};
