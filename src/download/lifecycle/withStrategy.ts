import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  isObservable,
  map,
  merge,
  type Observable,
  of,
  type OperatorFunction,
  shareReplay,
  switchMap,
  tap,
} from 'rxjs';
import { checkOptions } from '../../contracts/checkOptions.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import { defaultPace, type Pace } from '../../discovery/pace.ts';
import { defaultOrder } from '../../torrent/picker/pieceOrder.ts';
import type { DownloadOptions } from '../options.ts';
import type { Strategy } from '../strategy.ts';
import type { OwnSources, SourceChoices } from '../swarm/ownSources.ts';
import { MAX_PEERS } from '../swarm/torrentSwarm.ts';

/** What is meant where neither a strategy nor an option says anything, by the parts that may change. */
const USUAL = {
  order: defaultOrder,
  endgame: 'on',
  window: undefined,
  choker: undefined,
  slots: undefined,
  maxPeers: MAX_PEERS,
} as const;
type Part = keyof typeof USUAL;

/**
 * The options of a download, with what its strategy says in place of those of the same names.
 *
 * ```
 * strategy  a-----b---     each with an order
 * order     a-----b---
 * ```
 */
export const withStrategy = (options: DownloadOptions): DownloadOptions => {
  const { strategy } = options;
  if (strategy === undefined) return options;
  return isObservable(strategy) ? following(options, strategy) : { ...options, ...checkOptions(strategy) };
};

const SOURCES = ['peers$', 'sources'] as const;

const sourcesNow = (value: Strategy, options: DownloadOptions): OwnSources => ({
  peers$: value.peers$ ?? options.peers$,
  sources: value.sources ?? options.sources,
});

const withOwn = (choices: SourceChoices, peers$: Observable<PeerAddress> | undefined): SourceChoices =>
  peers$ === undefined ? choices : { ...choices, own: choices.own ? merge(choices.own, peers$) : peers$ };

const following = (options: DownloadOptions, strategy: Observable<Strategy>): DownloadOptions => {
  let last: Strategy = {};
  const strategy$ = strategy.pipe(
    tap((value) => (last = checkOptions(value))),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const part = <Name extends Part>(name: Name): Observable<never> =>
    strategy$.pipe(
      map((value): unknown => value[name] ?? options[name] ?? USUAL[name]),
      distinctUntilChanged(),
      switchMap((value) => (isObservable(value) ? value : of(value))),
    ) as Observable<never>;
  const paceNow = (): Pace => {
    const pace = last.pace ?? options.pace ?? defaultPace;
    return typeof pace === 'function' ? pace() : pace;
  };
  const sources$ = strategy$.pipe(
    map((value) => sourcesNow(value, options)),
    distinctUntilChanged((one, other) => SOURCES.every((name) => one[name] === other[name])),
    switchMap(({ sources = {}, peers$ }) =>
      (isObservable(sources) ? sources : of(sources)).pipe(map((choices) => withOwn(choices, peers$))),
    ),
  );
  return {
    ...options,
    peers$: undefined,
    sources: sources$,
    order: part('order'),
    endgame: part('endgame'),
    window: part('window'),
    choker: part('choker'),
    slots: part('slots'),
    maxPeers: part('maxPeers'),
    pace: paceNow,
    converse: [conversations(strategy$, options)],
  };
};

/**
 * The conversations of the last strategy, with a peer that is there. Those that it leaves out end, and those that are
 * new begin in the middle: `Peer.state` has what was said before.
 */
const conversations =
  (strategy$: Observable<Strategy>, { converse = [] }: DownloadOptions): OperatorFunction<Peer, never> =>
  (peer$) =>
    strategy$.pipe(
      // That it fails ends the download, and no peer is to blame.
      catchError(() => EMPTY),
      map((value) => value.converse ?? converse),
      distinctUntilChanged(),
      switchMap((sides) => merge(...sides.map((side) => peer$.pipe(side)))),
    );
