import {
  distinctUntilChanged,
  from,
  identity,
  map,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  tap,
} from 'rxjs';
import { webSeed } from '../../../operators/webSeed.ts';
import type { Env } from '../../contracts/env.ts';
import type { Block, WebSeed } from '../../contracts/peer.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { HostPlaces } from '../../torrent/webSeeds/hostPlaces.ts';
import type { SessionContext } from './conversation.ts';

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const seedOf = (url: string, kind: WebSeed['kind'], given: boolean): WebSeed => {
  const { hostname, port, protocol } = new URL(url);
  return {
    ...{ url, kind, given },
    address: {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (PORTS[protocol] ?? 0) : Number(port),
      source: 'web-seed',
    },
  };
};

/** The web seeds that the user has named, then those of the torrent; each URL once. */
export const webSeedsOf = (
  { webSeeds, httpSeeds }: Pick<Torrent, 'webSeeds' | 'httpSeeds'>,
  named: readonly string[] | false = [],
): readonly WebSeed[] => {
  if (named === false) return [];
  const own = [...new Set(webSeeds)].filter((url) => !named.includes(url));
  return [
    ...[...new Set(named)].map((url) => seedOf(url, 'url-list', true)),
    ...own.map((url) => seedOf(url, 'url-list', false)),
    ...httpSeeds.map((url) => seedOf(url, 'httpseeds', false)),
  ];
};

const pausedBy = (window: SessionContext['window']): Observable<boolean> =>
  window.pipe(
    map((rule) => rule === 0),
    distinctUntilChanged(),
  );

/**
 * Adds the blocks of web servers to those of peers. When no peer is left, servers that have nothing we lack are given
 * up. `places` are those of all torrents.
 *
 * ```
 * peers    -1---3|
 * servers  --(24)---5
 * gives    -1(24)3--5
 * ```
 */
export const besideWebSeeds = (
  torrent: Torrent,
  env: Env,
  { swarm, transfer, limits, window }: Pick<SessionContext, 'swarm' | 'transfer' | 'limits' | 'window'>,
  named?: readonly string[] | false,
  places?: HostPlaces,
): MonoTypeOperatorFunction<Block> => {
  const seeds = webSeedsOf(torrent, named);
  if (seeds.length === 0 || env.httpStream === undefined) return identity;
  const { loops, stats, report } = swarm;
  return (blocks$) => {
    let alone = false;
    // The first failure of each is told, and that it is given up: it may lack a thousand files.
    const told = new Set<WebSeed>();
    const failed = (seed: WebSeed, message: string, over: boolean): void => {
      if (!over && told.has(seed)) return;
      told.add(seed);
      const what = over ? `${message}: no longer used` : message;
      report({ type: 'warning', code: 'web-seed', message: what, url: seed.url });
    };
    const ofServers$ = from(seeds).pipe(
      webSeed(transfer.picker, env, {
        ...{ torrent, paused$: pausedBy(window), failed, places },
        wake$: transfer.wake$,
        limit: limits.down,
        expelled$: loops.expelled,
        last: () => alone,
        came: (_, bytes) => stats.crowd.gained(bytes),
      }),
    );
    const over = (): void => {
      alone = true;
      transfer.freed.next();
    };
    return merge(blocks$.pipe(tap({ complete: over })), ofServers$);
  };
};
