import { concat, EMPTY, filter, from, map, merge, NEVER, type Observable, startWith, take, takeWhile } from 'rxjs';
import { defaultPace, inTurn, type Pace } from './discovery/pace.ts';
import { type TrackerEnv, trackerPeers, type TrackerPeersOptions } from './discovery/trackerPeers.ts';
import type { PeerAddress } from './env.ts';
import type { Torrent } from './torrent/metainfo.ts';

/** What of a torrent leads to those who share it. */
export type Findable = Pick<Torrent, 'infoHash'> & Partial<Pick<Torrent, 'announce' | 'private' | 'nodes'>>;

export interface SourcesOptions extends Pick<TrackerPeersOptions, 'peerId' | 'port' | 'totals' | 'wanted$' | 'report' | 'seenAs'> {
  /** Known beforehand. */
  readonly peers?: readonly PeerAddress[] | undefined;
  /** Instead of the torrent's own, in tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[] | undefined;
  /** In which order and how often they are asked; {@link defaultPace} if not given. */
  readonly pace?: Pace | undefined;
  /** Emits when the last piece is there. */
  readonly completed$?: Observable<unknown>;
  /** Peers that peers tell us about (BEP 11). */
  readonly told$?: Observable<PeerAddress>;
  /** Emits when a peer has left; are there none now, and is none to come back? */
  readonly left$?: Observable<unknown>;
  readonly alone?: () => boolean;
}

/**
 * All who may have a torrent, from wherever they are heard of, as one Observable.
 *
 * ```
 *   trackers  ---(ab)----…
 *   peers     -----c-d---…
 *   result    ---(ab)c-d-…
 * ```
 *
 * Each address says where it came from; some come several times. Completes when there is nobody left to ask: peers tell of others
 * only as long as there are any.
 */
export const sources = (env: TrackerEnv, torrent: Findable, options: SourcesOptions): Observable<PeerAddress> => {
  const { peers = [], told$ = EMPTY, left$ = EMPTY, alone = () => true, pace = defaultPace } = options;
  const asked$ = merge(
    from(peers), //
    trackersOf(env, torrent, options).pipe(inTurn(pace.trackers)),
  );
  const forsaken$ = left$.pipe(
    startWith(undefined),
    filter(alone),
    take(1),
    map(() => undefined),
  );
  return merge(told$, concat(asked$, forsaken$)).pipe(takeWhile((address) => address !== undefined));
};

const trackersOf = (env: TrackerEnv, { infoHash, announce = [] }: Findable, { trackers = announce, pace = defaultPace, ...options }: SourcesOptions) =>
  trackerPeers(env, {
    ...options,
    infoHash,
    tiers: trackers,
    // What the torrent does not name, people have.
    given: trackers.flat().filter((url) => !announce.flat().includes(url)),
    completed$: options.completed$ ?? NEVER,
    pace: pace.trackers,
  });
