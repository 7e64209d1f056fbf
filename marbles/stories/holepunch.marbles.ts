import { asapScheduler, concat, filter, ignoreElements, map, type Observable, of, timer } from 'rxjs';
import { describe, it } from 'vitest';
import type { Env } from '../../src/contracts/env.ts';
import type { DownloadEvent, PeerJoined } from '../../src/contracts/events.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { withUtp } from '../../src/net/utp/withUtp.ts';
import { drawn, type DrawnNetwork, type NatKind, type NetworkedHost, type Stage } from '../index.ts';
import { everyPiece, line, shares } from './swarmOfOurs.ts';

const [SEED, LEECH, RELAY, OTHER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] as const;

/** The same world, in which peers are reached by uTP, too. */
const byUtp = (env: Env): Env =>
  withUtp(
    env,
    {},
    (length) => env.randomBytes(length),
    (task) => asapScheduler.schedule(task),
  );

const hostOf = (network: DrawnNetwork, address: string, nat?: NatKind): NetworkedHost =>
  network.host(address, { ...line(1_000, 1_000), ...(nat && { nat }) }, byUtp);

/** Knows nobody but the relay, and hears of others from it. */
const acquainted = (
  stage: Stage,
  host: NetworkedHost,
  options: Partial<DownloadOptions> = {},
): Observable<DownloadEvent> =>
  shares(stage, host, {
    trackers: [],
    peers: host.address === RELAY ? [] : [{ host: RELAY, port: 6881, source: 'manual' }],
    // They give little, so that there is time to meet.
    limits: { up: of(10_000) },
    ...options,
  });

/** Each way by which a host is connected. */
const ways = (events$: Observable<DownloadEvent>, to: string): Observable<string> =>
  events$.pipe(
    filter((event): event is PeerJoined => event.type === 'peer-joined' && event.address.host === to),
    map(({ road = '' }) => road),
  );

/** The seed hears of another peer when it comes, and for a minute of nobody else: so it does not call the leech. */
const scene = (stage: Stage, nat: NatKind) => {
  const network = stage.network();
  const [seed, leech, relay, other] = [
    hostOf(network, SEED, nat),
    hostOf(network, LEECH, nat),
    hostOf(network, RELAY),
    hostOf(network, OTHER),
  ];
  seed.disk(stage.torrent, { has: everyPiece(stage) });
  for (const host of [relay, other]) stage.gives(acquainted(stage, host).pipe(ignoreElements()), '^ 60s !').toBe('');
  const later$ = concat(timer(10_000).pipe(ignoreElements()), acquainted(stage, leech));
  return { ofSeed$: acquainted(stage, seed), ofLeech$: later$ };
};

const torrent = { pieces: 60, blocksPerPiece: 4 };

describe('two peers behind routers, and one that knows both', () => {
  it(
    'call each other when it tells them to, since the call of one of them has failed; of two connections one stays',
    drawn(
      (stage) => {
        const { ofSeed$, ofLeech$ } = scene(stage, 'port-restricted');
        stage.gives(ways(ofLeech$, SEED), '^ 60s !').toBe('25376ms p 40ms p', { p: 'punched' });
        stage.gives(ways(ofSeed$, LEECH), '^ 60s !').toBe('25376ms p', { p: 'punched' });
      },
      { torrent },
    ),
  );

  it(
    'are not connected where each of their routers shows everybody another port',
    drawn(
      (stage) => {
        const { ofSeed$, ofLeech$ } = scene(stage, 'symmetric');
        stage.gives(ways(ofLeech$, SEED), '^ 60s !').toBe('');
        stage.gives(ways(ofSeed$, LEECH), '^ 60s !').toBe('');
      },
      { torrent },
    ),
  );

  it(
    'are connected without that when both hear of each other at once, as their calls by uTP cross',
    drawn(
      (stage) => {
        const network = stage.network();
        const [seed, leech, relay] = [SEED, LEECH, RELAY].map((address) =>
          hostOf(network, address, address === RELAY ? undefined : 'port-restricted'),
        ) as [NetworkedHost, NetworkedHost, NetworkedHost];
        seed.disk(stage.torrent, { has: everyPiece(stage) });
        stage.gives(acquainted(stage, relay).pipe(ignoreElements()), '^ 30s !').toBe('');
        stage.gives(ways(acquainted(stage, leech), SEED), '^ 30s !').toBe('5569ms p-----------p', { p: 'utp' });
        stage.gives(ways(acquainted(stage, seed), LEECH), '^ 30s !').toBe('5540ms p', { p: 'utp' });
      },
      { torrent },
    ),
  );
});
