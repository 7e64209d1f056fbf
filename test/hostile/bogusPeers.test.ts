import { defer, delay, ignoreElements, merge, mergeMap, type Observable, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  announced,
  drawn,
  honest,
  type Mark,
  type Player,
  silent,
  type Stage,
  type World,
} from '../../marbles/index.ts';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadEvent, FunnelSample, Progress } from '../../src/contracts/events.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Reply } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { encodeLsd, LSD_GROUPS, LSD_PORT } from '../../src/protocol/lan/lsd.ts';
import { MAX_KNOWN } from '../../src/torrent/peers/addressBook.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** What is seen of a download in a drawn world, until it ends or time is up. */
const watched = (
  set: (stage: Stage) => readonly [World, Observable<DownloadEvent>],
  minutes: number,
): { readonly there: World; readonly events: readonly Mark[] } => {
  let [there, events]: [World | undefined, readonly Mark[]] = [undefined, []];
  drawn((stage) => {
    const [world, events$] = set(stage);
    there = world;
    events = stage.watch(events$, `^ ${minutes}m !`);
  })();
  if (there === undefined) throw new Error('nothing was drawn');
  return { there, events };
};

const doneAt = (events: readonly Mark[]): number =>
  events.find(({ value }) => (value as DownloadEvent | undefined)?.type === 'done')?.frame ?? Infinity;
const progresses = (events: readonly Mark[]): readonly Progress[] =>
  events.flatMap(({ value }) => ((value as DownloadEvent | undefined)?.type === 'progress' ? [value as Progress] : []));
const busiestSecond = (marks: readonly Mark[]): number => {
  let [most, first] = [0, 0];
  marks.forEach(({ frame }, at) => {
    while ((marks[first]?.frame ?? 0) <= frame - SECOND) first++;
    most = Math.max(most, at - first + 1);
  });
  return most;
};

/** Somewhere else each time, where nobody is. */
const bogus = (net: number, n: number): string => `${net}.${n >> 16}.${(n >> 8) & 255}.${n & 255}:7000`;
const SEED = '203.0.113.5:7000';

describe('R34: the only seed behind peers who do not answer', () => {
  // What another client takes in the same place, and half as much again.
  it.each([
    [200, 1.5 * 10.4 * SECOND],
    [500, 1.5 * 21.5 * SECOND],
  ])('%i of them', (count, within) => {
    const dead = Array.from({ length: count }, (_, n) => bogus(44, n * 256));
    const peers: Record<string, Player> = Object.fromEntries([
      ...dead.map((name) => [name, silent()] as const),
      [SEED, honest()],
    ]);
    const { events } = watched((stage) => {
      const there = stage.world({ peers, tracker: () => of(announced([...dead, SEED])).pipe(delay(5)) });
      return [there, download(stage.torrent, there.env, { target: { folder: '.' } })];
    }, 2);
    expect(doneAt(events)).toBeLessThan(within);
  });
});

describe('R49: ten thousand peers who are not there, from every source', () => {
  const router: NodeEndpoint = { id: new Uint8Array(20).fill(9), host: '192.0.2.99', port: 6881 };
  const endpointOf = (name: string): { readonly host: string; readonly port: number } => ({
    host: name.split(':')[0] ?? '',
    port: 7000,
  });

  /** In every answer others. */
  const lyingDht = ({ udp }: World): void => {
    let n = 0;
    udp.plays(router, ({ bytes }) => {
      const krpc = decodeKrpc(bytes);
      if (krpc.type !== 'query') return undefined;
      const reply: Reply = { type: 'reply', transaction: krpc.transaction, id: router.id };
      if (krpc.question.method !== 'get_peers') return encodeKrpc({ ...reply, nodes: [] });
      return encodeKrpc({ ...reply, peers: Array.from({ length: 100 }, () => endpointOf(bogus(45, 256 * n++))) });
    });
  };
  const lyingNeighbours = ({ torrent }: Stage, { udp }: World): Observable<never> =>
    merge(
      ...Array.from({ length: 250 }, (_, n) =>
        udp
          .at(`10.9.${n}.1`)
          .bindUdp({ family: 4 })
          .pipe(
            mergeMap((socket) =>
              timer(20, 2 * SECOND).pipe(
                mergeMap((round) => of(socket.send(announce(torrent.infoHash, 1 + (round % 60_000)), GROUP))),
              ),
            ),
            ignoreElements(),
          ),
      ),
    );
  const GROUP = { host: LSD_GROUPS[4], port: LSD_PORT };
  const announce = (infoHash: Uint8Array, port: number): Uint8Array => encodeLsd({ port, infoHashes: [infoHash] }, 4);

  it('fill the book, no more; are dialled thirty a second; and do not keep the one who is there', () => {
    const tracked = Array.from({ length: 2500 }, (_, n) => bogus(46, n * 256));
    const { there, events } = watched((stage) => {
      const world = stage.world({
        peers: { [SEED]: honest({ pace: 20 }) },
        tracker: () => of(announced([...tracked, SEED])).pipe(delay(5)),
      });
      lyingDht(world);
      const dht$: Observable<DhtNode> = defer(() => dhtNode(world.env, { port: 6881, bootstrap: [router] }));
      stage.watch(lyingNeighbours(stage, world), '^ 3m !');
      return [world, download(stage.torrent, world.env, { target: { folder: '.' }, dht$, lsd: true })];
    }, 3);
    expect(doneAt(events)).toBeLessThan(3 * MINUTE);
    expect(Math.max(...progresses(events).map(({ peers }) => peers.known))).toBeLessThanOrEqual(MAX_KNOWN);
    expect(Math.max(...progresses(events).map(({ peers }) => peers.known))).toBeGreaterThan(MAX_KNOWN / 2);
    expect(busiestSecond(there.dials)).toBeLessThan(61);
    const funnel = events
      .map(({ value }) => value as DownloadEvent | undefined)
      .findLast((event): event is FunnelSample => event?.type === 'funnel');
    const named = funnel?.sources.map(({ source, discovered }) => [source, discovered] as const) ?? [];
    expect(named.map(([source]) => source).sort()).toEqual(['dht', 'lsd', 'tracker']);
    expect(named.every(([, discovered]) => discovered >= 100)).toBe(true);
    expect(named.reduce((sum, [, discovered]) => sum + discovered, 0)).toBeGreaterThan(10_000);
  });
});
