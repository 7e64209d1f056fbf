import {
  catchError,
  concat,
  connect,
  EMPTY,
  endWith,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
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
import { defaultPace, inTurn, type Pace } from './pace.ts';
import { type TrackerEnv, trackerPeers, type TrackerPeersOptions } from './trackers/trackerPeers.ts';
import type { TrackerCommons } from './trackers/trackerCommons.ts';
import type { Warning } from '../contracts/events.ts';
import type { PeerAddress } from '../contracts/network.ts';
import { NetworkError } from '../contracts/errors.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { together, until } from './until.ts';

/** What of a torrent leads to those who share it. */
export type Findable = Pick<Torrent, 'infoHash'> & Partial<Pick<Torrent, 'announce' | 'private' | 'nodes'>>;

/** Who is asked for peers. */
export interface SourceOptions {
  /** Peers known beforehand. */
  readonly peers?: readonly PeerAddress[] | undefined;
  /** Instead of the torrent's own, in tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[] | undefined;
  /**
   * Our node of the DHT (BEP 5), for as long as it is subscribed to; without it the DHT is not asked. Downloads may
   * share one:
   * `dhtNode(…).pipe(shareReplay({ bufferSize: 1, refCount: true }))`. It is left alone for private torrents (BEP 27).
   */
  readonly dht$?: Observable<DhtNode> | undefined;
  /** Looks for peers in the local network (BEP 14), too; no if not given. Never for private torrents. */
  readonly lsd?: boolean | undefined;
  /**
   * The local network, if downloads share it: `localNetwork(env).pipe(shareReplay({ bufferSize: 2, refCount: true }))`.
   */
  readonly network$?: Observable<LocalNetwork> | undefined;
  /** Peers can call us at `port`: the DHT and the local network are told so. No if not given. */
  readonly listens?: boolean | undefined;
  /** In which order and how often the sources are asked; {@link defaultPace} if not given. */
  readonly pace?: Pace | undefined;
  /** What is shared with other torrents that speak to trackers; its own if not given. */
  readonly commons?: TrackerCommons | undefined;
}

export interface SourcesOptions
  extends SourceOptions,
    Pick<TrackerPeersOptions, 'peerId' | 'port' | 'totals' | 'partial' | 'wanted$' | 'report' | 'seenAs' | 'commons'> {
  /** Emits when the last piece is there. */
  readonly completed$?: Observable<unknown>;
  /** Peers that peers tell us about (BEP 11). */
  readonly told$?: Observable<PeerAddress>;
  /** Peers that call us. */
  readonly calls$?: Observable<PeerAddress>;
  /** Emits when it turns out that the torrent is private: from then on only trackers and people name peers (BEP 27). */
  readonly secluded$?: Observable<unknown> | undefined;
  /** Emits when a peer has left, `NEVER` if that ends nothing; is there none now, nor any to come back? */
  readonly left$?: Observable<unknown>;
  readonly alone?: () => boolean;
}

/**
 * All who may have a torrent, from wherever they are heard of, as one Observable.
 *
 * ```
 *   trackers  ---(ab)------…
 *   dht       -------b-d---…
 *   peers     -----c-------…
 *   result    ---(ab)cbd---…
 * ```
 *
 * Each address says where it came from; some come several times. Completes when there is nobody left to ask: peers tell
 * of others only as long as there are any, and who may call is not waited for; the DHT and the local network can always
 * be asked again. Never errors because of a source.
 */
export const sources = (env: TrackerEnv, torrent: Findable, options: SourcesOptions): Observable<PeerAddress> => {
  const { peers = [], told$ = EMPTY, calls$ = EMPTY, left$ = EMPTY, alone = () => true, pace = defaultPace } = options;
  const { secluded$ = NEVER } = options;
  const ask = (wanted$: Observable<number>): Observable<PeerAddress> =>
    together(
      peers.length > 0 ? from(peers) : EMPTY,
      trackersOf(env, torrent, { ...options, wanted$ }).pipe(inTurn(pace.trackers)),
      localPeersOf(env, torrent, { ...options, wanted$ }).pipe(inTurn(pace.lsd), until(secluded$)),
      dhtPeersOf(env, torrent, { ...options, wanted$ }).pipe(inTurn(pace.dht), until(secluded$)),
    );
  // Whoever's turn comes later must know what is wanted, too.
  const asked$ = options.wanted$.pipe(connect(ask, { connector: () => new ReplaySubject(1) }));
  const all = (asked: Observable<PeerAddress | undefined>): Observable<PeerAddress | undefined> =>
    together(told$.pipe(until(secluded$)), calls$, asked);
  // One that is never forsaken has nothing to look for.
  if (left$ === NEVER) return all(concat(asked$, NEVER)) as Observable<PeerAddress>;
  const forsaken$ = left$.pipe(
    startWith(undefined),
    filter(alone),
    take(1),
    map(() => undefined),
  );
  return all(concat(asked$, forsaken$)).pipe(takeWhile((address) => address !== undefined));
};

const trackersOf = (
  env: TrackerEnv,
  { infoHash, announce = [] }: Findable,
  { trackers = announce, pace = defaultPace, ...options }: SourcesOptions,
): Observable<PeerAddress> => {
  return trackerPeers(env, {
    ...options,
    infoHash,
    tiers: trackers,
    // What the torrent does not name, people have.
    given: trackers.flat().filter((url) => !announce.flat().includes(url)),
    completed$: options.completed$ ?? NEVER,
    pace: pace.trackers,
  });
};

const localPeersOf = (
  env: TrackerEnv,
  torrent: Findable,
  { lsd, network$, listens, port, wanted$, pace = defaultPace }: SourcesOptions,
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

/** Milliseconds that the nodes named by a torrent have to answer before the DHT is asked for peers without them. */
const INTRODUCTION = 1_500;

const dhtPeersOf = (
  { random }: TrackerEnv,
  { infoHash, private: secluded = false, nodes = [] }: Findable,
  { dht$, listens = false, port, wanted$, report, totals, pace = defaultPace }: SourcesOptions,
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

/** That our node can't be bound is a warning, and no node. */
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
 * Our DHT node for one torrent, if it may have one: the same for all who subscribe. That it can't be bound is a
 * warning, and no node.
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
