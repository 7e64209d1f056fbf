import {
  catchError,
  concat,
  connect,
  EMPTY,
  endWith,
  filter,
  from,
  identity,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  ReplaySubject,
  share,
  shareReplay,
  startWith,
  switchMap,
  take,
  takeWhile,
  throwError,
  timer,
} from 'rxjs';
import { dhtPeers } from './dht/dhtPeers.ts';
import type { DhtNode } from './dht/node.ts';
import type { LocalNetwork } from './lan/localNetwork.ts';
import { localPeers } from './lan/localPeers.ts';
import { defaultPace, inTurn, type Pace, paceOf } from './pace.ts';
import { type TrackerEnv, trackerPeers, type TrackerPeersOptions } from './trackers/trackerPeers.ts';
import type { TrackerCommons } from './trackers/trackerCommons.ts';
import type { Warning } from '../contracts/events.ts';
import type { PeerAddress } from '../contracts/network.ts';
import { NetworkError } from '../contracts/errors.ts';
import { otherHash } from '../protocol/encoding/id.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { together, until } from './until.ts';

/** The parts of a torrent by which its peers can be found. */
export type Findable = Pick<Torrent, 'infoHash'> &
  Partial<Pick<Torrent, 'infoHashV2' | 'announce' | 'private' | 'nodes'>>;

/** The sources that are asked for peers. */
export interface SourceOptions {
  /** Peers known beforehand. */
  readonly peers?: readonly PeerAddress[] | undefined;
  /** Tracker URLs instead of the torrent's own, in tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[] | undefined;
  /**
   * Our DHT node (BEP 5), for as long as it is subscribed to; without it the DHT is not asked. Downloads may share one:
   * `dhtNode(…).pipe(shareReplay({ bufferSize: 1, refCount: true }))`. It is never asked for private torrents (BEP 27).
   */
  readonly dht$?: Observable<DhtNode> | undefined;
  /** Look for peers in the local network, too (BEP 14). Default: false. Never for private torrents. */
  readonly lsd?: boolean | undefined;
  /**
   * The local network, if downloads share it: `localNetwork(env).pipe(shareReplay({ bufferSize: 2, refCount: true }))`.
   */
  readonly network$?: Observable<LocalNetwork> | undefined;
  /** Peers can connect to us at `port`: it is announced to the DHT and the local network. Default: false. */
  readonly listens?: boolean | undefined;
  /**
   * The order and frequency in which the sources are asked, or a function that is asked for them whenever they matter.
   * Replaces how soon more peers are looked for. Default: {@link defaultPace}.
   */
  readonly pace?: Pace | (() => Pace) | undefined;
  /** State about trackers that is shared with other torrents. Default: its own. */
  readonly commons?: TrackerCommons | undefined;
}

export interface SourcesOptions
  extends SourceOptions,
    Pick<
      TrackerPeersOptions,
      'peerId' | 'port' | 'totals' | 'partial' | 'wanted$' | 'report' | 'seenAs' | 'commons' | 'tiered'
    > {
  /** Emits when the last piece is there. */
  readonly completed$?: Observable<unknown>;
  /** Peers that other peers tell us about (BEP 11). */
  readonly told$?: Observable<PeerAddress>;
  /** Peers from elsewhere. */
  readonly peers$?: Observable<PeerAddress>;
  /** Peers that connect to us. */
  readonly calls$?: Observable<PeerAddress>;
  /**
   * Emits when it turns out that the torrent is private: from then on only trackers and the user name peers (BEP 27).
   */
  readonly secluded$?: Observable<unknown> | undefined;
  /**
   * Emits when a peer has left; `NEVER` if the sources need not complete for want of peers. `alone` tells whether no
   * peer is connected, or will be dialled again.
   */
  readonly left$?: Observable<unknown>;
  readonly alone?: () => boolean;
  /** For sources that come and go; they are all used if absent. */
  readonly gates?: Gates | undefined;
}

/** Which of our sources are used, as that changes. */
export interface Gates extends Readonly<Record<'trackers' | 'lsd' | 'dht', MonoTypeOperatorFunction<PeerAddress>>> {
  /** May a source name more peers? */
  readonly waits: () => boolean;
}

/**
 * The peers that may have a torrent, from all sources, as one Observable.
 *
 * ```
 *   trackers  ---(ab)------…
 *   dht       -------b-d---…
 *   peers     -----c-------…
 *   result    ---(ab)cbd---…
 * ```
 *
 * Each address has its source; some are emitted several times. Completes when there is no source left to ask: peers
 * name others only as long as there are peers, and incoming connections are not waited for. The DHT and the local
 * network can always be asked again. Never errors because of a source.
 * If they may come and go (`gates`) it completes when no peer is left, and none of them names any at that moment.
 */
export const sources = (env: TrackerEnv, torrent: Findable, given: SourcesOptions): Observable<PeerAddress> => {
  const pace = paceOf(given.pace);
  const options = { ...given, pace };
  const { peers = [], told$ = EMPTY, calls$ = EMPTY, left$ = EMPTY, alone = () => true } = options;
  const { secluded$ = NEVER, peers$ = EMPTY, gates } = options;
  const other = otherHash(torrent);
  const ask = (wanted$: Observable<number>): Observable<PeerAddress> =>
    together(
      peers.length > 0 ? from(peers) : EMPTY,
      peers$,
      found(env, torrent, { ...options, wanted$ }, secluded$),
      other ? otherPeers(env, { ...torrent, infoHash: other }, { ...options, wanted$ }, secluded$) : EMPTY,
    );
  // A source whose turn comes later must know the number of wanted peers, too.
  const asked$ = options.wanted$.pipe(connect(ask, { connector: () => new ReplaySubject(1) }));
  const all = (asked: Observable<PeerAddress | undefined>): Observable<PeerAddress | undefined> =>
    together(told$.pipe(until(secluded$)), calls$, asked);
  // If peers leaving ends nothing, there is nothing to watch.
  if (left$ === NEVER) return all(concat(asked$, NEVER)) as Observable<PeerAddress>;
  const forsaken$ = left$.pipe(
    startWith(undefined),
    filter(() => alone() && gates?.waits() !== true),
    take(1),
    map(() => undefined),
  );
  // What comes and goes never ends.
  return all(gates === undefined ? concat(asked$, forsaken$) : merge(asked$, forsaken$)).pipe(
    takeWhile((address) => address !== undefined),
  );
};

type PacedOptions = SourcesOptions & { readonly pace?: Pace | undefined };

/** From trackers, the DHT and the local network, by one info-hash. */
const found = (
  env: TrackerEnv,
  torrent: Findable,
  options: PacedOptions,
  secluded$: Observable<unknown>,
): Observable<PeerAddress> => {
  const { pace = defaultPace, gates } = options;
  return together(
    trackersOf(env, torrent, options).pipe(inTurn(pace.trackers), gates?.trackers ?? identity),
    localPeersOf(env, torrent, options).pipe(inTurn(pace.lsd), until(secluded$), gates?.lsd ?? identity),
    dhtPeersOf(env, torrent, options).pipe(inTurn(pace.dht), until(secluded$), gates?.dht ?? identity),
  );
};

/**
 * Those of a hybrid by its info-hash of version 2 (BEP 52). Nothing is reported of this second question to the same
 * trackers: they may know but one of both.
 */
const otherPeers = (...[env, torrent, options, secluded$]: Parameters<typeof found>): Observable<PeerAddress> => {
  const quiet: PacedOptions = { ...options, report: () => {}, tiered: () => {} };
  return found(env, torrent, quiet, secluded$).pipe(map((address) => ({ ...address, v2: true })));
};

const trackersOf = (
  env: TrackerEnv,
  { infoHash, announce = [] }: Findable,
  { trackers = announce, pace = defaultPace, completed$ = NEVER, ...options }: PacedOptions,
): Observable<PeerAddress> => {
  return trackerPeers(env, {
    ...options,
    infoHash,
    tiers: trackers,
    // URLs that are not in the torrent come from the user.
    given: trackers.flat().filter((url) => !announce.flat().includes(url)),
    completed$,
    pace: pace.trackers,
  });
};

const localPeersOf = (
  env: TrackerEnv,
  torrent: Findable,
  { lsd, network$, listens, port, wanted$, pace = defaultPace }: PacedOptions,
) =>
  lsd !== true || torrent.private === true
    ? EMPTY
    : localPeers(env, {
        infoHash: torrent.infoHash,
        ...(listens === true && { port }),
        wanted$,
        pace: pace.lsd,
        network$,
      });

/**
 * Milliseconds for which the DHT nodes named by a torrent may answer before the DHT is asked for peers without them.
 */
const INTRODUCTION = 1_500;

const dhtPeersOf = (
  { random }: TrackerEnv,
  { infoHash, private: secluded = false, nodes = [] }: Findable,
  { dht$, listens = false, port, wanted$, report, totals, pace = defaultPace }: PacedOptions,
): Observable<PeerAddress> => {
  if (dht$ === undefined || secluded) return EMPTY;
  const complete = (): boolean => totals().left === 0;
  const asked = { wanted$, port, announce: listens, complete, random, report, pace: pace.dht };
  const found$ = (node$: Observable<DhtNode>): Observable<PeerAddress> => dhtPeers(node$, infoHash, asked);
  if (nodes.length === 0) return found$(unlessUnbound(dht$, report));
  const node$ = unlessUnbound(dht$, report).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const met$ = node$.pipe(
    switchMap((node) => from(nodes).pipe(mergeMap((each) => node.addNode(each).pipe(endWith(true))))),
    share(),
  );
  const introduced$ = merge(met$, timer(INTRODUCTION)).pipe(take(1));
  return merge(introduced$.pipe(switchMap(() => found$(node$))), met$.pipe(ignoreElements()));
};

/** If our node cannot be bound, warns, and emits no node. */
const unlessUnbound = (
  dht$: Observable<DhtNode>,
  report: ((event: Warning) => void) | undefined,
): Observable<DhtNode> =>
  dht$.pipe(
    catchError((error: unknown) => {
      if (!(error instanceof NetworkError)) return throwError(() => error);
      report?.({ type: 'warning', code: error.code, message: error.message });
      return EMPTY;
    }),
  );

/**
 * Our DHT node for one torrent, if the torrent may use one: the same for all subscribers. If it cannot be bound, warns,
 * and emits no node.
 */
export const nodeFor = (
  torrent: Pick<Findable, 'private'>,
  {
    dht$,
    report,
  }: { readonly dht$?: Observable<DhtNode> | undefined; readonly report?: ((event: Warning) => void) | undefined },
): Observable<DhtNode> | undefined => {
  if (dht$ === undefined || torrent.private === true) return undefined;
  return unlessUnbound(dht$, report).pipe(shareReplay({ bufferSize: 1, refCount: true }));
};
