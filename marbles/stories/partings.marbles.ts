import { delay, ignoreElements, map, merge, mergeMap, NEVER, type Observable, of, shareReplay, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { incomingPeers } from '../../src/discovery/inbound/incomingPeers.ts';
import { localPeers } from '../../src/discovery/lan/localPeers.ts';
import { inboundPort } from '../../src/discovery/inbound/inboundPort.ts';
import { scrape } from '../../src/discovery/trackers/scrape.ts';
import { trackerPeers } from '../../src/discovery/trackers/trackerPeers.ts';
import { download } from '../../src/download/download.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { HttpReply } from '../../src/contracts/network.ts';
import { fetchTorrent } from '../../src/download/magnet/fetchTorrent.ts';
import { decodeKrpc } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { Clock } from '../clock.ts';
import { announced, calling, corrupts, DrawnDisk, DrawnUdp, honest, Stage, stallsAfter } from '../index.ts';
import { seeded } from '../random.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';

const FATES = 60;
const torrent = torrentWithInfo();
const nodes = ['203.0.113.9', '198.51.100.9', '192.0.2.99'].map((host, nth) => ({
  id: new Uint8Array(20).fill(9 + nth),
  host,
  port: 6881,
}));
const bootstrap = [{ host: 'router.test', port: 6881 }];
const target = { folder: '.' };
const [seed, liar, caller] = ['10.1.0.1:7000', '10.1.0.2:7000', '10.2.0.1:5000'] as const;
const trackers = [['http://tracker.test/announce', 'udp://udp.test:80/announce'], ['udp://silent.test:80']];

/**
 * Where everything is that there can be: a tracker, nodes of the DHT, peers, a caller, others in the local network.
 * Some of it is slow, some silent.
 */
const worldOf = (stage: Stage, random: () => number): { readonly env: Env; readonly dht$: Observable<DhtNode> } => {
  const some = (most: number): number => Math.floor(random() * most);
  const names = { 'router.test': ['203.0.113.9'], 'udp.test': ['10.3.0.1'], 'silent.test': ['10.3.0.2'] };
  const udp = new DrawnUdp({ latency: some(900), loss: random() / 2, names, seed: some(1000) }, stage.ledger);
  nodes.forEach((node) =>
    udp.plays(node, ({ bytes }) => {
      const krpc = decodeKrpc(bytes);
      if (krpc.type !== 'query') return undefined;
      const more =
        krpc.question.method === 'get_peers'
          ? { token: new Uint8Array(4), peers: [{ host: '203.0.113.77', port: 7000 }] }
          : {};
      return encodeKrpc({ type: 'reply', transaction: krpc.transaction, id: node.id, nodes, ...more });
    }),
  );
  const tracker = (): Observable<HttpReply> =>
    random() < 0.3 ? NEVER : of(announced([seed, liar], 30)).pipe(delay(some(4000)));
  const peers = {
    [seed]: tellsMetadata(stallsAfter(some(6), honest({ latency: some(500), pace: some(500) })), { after: some(500) }),
    [liar]: tellsMetadata(corrupts([1 + some(4)], honest({ latency: some(500) })), { after: some(500) }),
  };
  const callers = { [caller]: { at: some(9000), player: calling(honest({ latency: some(500) })) } };
  const { env } = stage.world({
    peers,
    callers,
    tracker,
    udp,
    dialling: some(2000),
    hashing: some(300),
    seed: some(1000),
  });
  const own = { ...env, openStorage: () => new DrawnDisk(stage, { takes: some(300) }).open() };
  return {
    env: own,
    dht$: dhtNode(own, { port: 6881, bootstrap }).pipe(shareReplay({ bufferSize: 1, refCount: true })),
  };
};

type Scene = (there: ReturnType<typeof worldOf>) => Observable<unknown>;

const { infoHash } = torrent;
const peerId = new Uint8Array(20);
const totals = () => ({ uploaded: 0, downloaded: 0, left: 1 });
const magnet = linkTo(torrent, { announce: trackers, sources: ['http://xs.test/torrent'] });
const wanted$ = timer(0, 700).pipe(map((nth) => nth % 3));

const scenes: Readonly<Record<string, Scene>> = {
  trackers: ({ env }) =>
    trackerPeers(env, { infoHash, peerId, port: 1, tiers: trackers, totals, wanted$, completed$: timer(3000) }),
  scrape: ({ env }) => merge(...trackers.flat().map((url) => scrape(env, url, [infoHash]))),
  'the local network': ({ env }) => localPeers(env, { infoHash, port: 1, wanted$ }),
  'the DHT': ({ dht$ }) =>
    dht$.pipe(
      mergeMap((node) =>
        merge(
          node.announce(infoHash, 1),
          node.getPeers(infoHash),
          node.scrape(infoHash),
          node.addNode({ host: '10.3.0.9', port: 1 }),
        ),
      ),
    ),
  callers: ({ env }) =>
    incomingPeers(inboundPort(env, { ports: [6881] }), infoHash).pipe(mergeMap(({ wire$ = NEVER }) => wire$)),
  'a magnet link': ({ env, dht$ }) => fetchTorrent(magnet, env, { dht$, lsd: true }),
  'a download': ({ env, dht$ }) =>
    download(torrent, env, {
      target,
      trackers,
      dht$,
      lsd: true,
      reception$: inboundPort(env, { ports: [6881] }),
      limits: { down: of(30_000) },
      seed: {},
    }),
  'a download by magnet link': ({ env, dht$ }) =>
    download(magnet, env, { target, dht$, lsd: true, stop$: timer(20_000) }),
  'a client': ({ env, dht$ }) => {
    const { download: get } = client(env, { dht$, maxConnections: 2, limits: { up: of(20_000), down: of(50_000) } });
    const second = timer(2000).pipe(mergeMap(() => get(magnet, { target, lsd: true })));
    return merge(
      get(torrent, { target, trackers, seed: { time: 9000 } }),
      second,
      get(torrentWithInfo({ private: true }), { target }),
    ).pipe(ignoreElements());
  },
};

describe('an unsubscription at any moment leaves neither sockets nor timers', () => {
  it.each(Object.entries(scenes))('%s', (_, scene) => {
    for (let fate = 1; fate <= FATES; fate++) {
      const random = seeded(fate);
      const clock = new Clock();
      clock.run((helpers) => {
        const stage = new Stage(clock, helpers, torrent);
        // Early as often as late.
        stage.watch(scene(worldOf(stage, random)), `^ ${Math.ceil(10 ** (5.3 * random()))}ms !`);
        stage.finish({});
      });
      expect([fate, clock.actions.length]).toEqual([fate, 0]);
    }
  });
});
