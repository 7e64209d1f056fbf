import { seeded } from '../../marbles/random.ts';
import { K } from '../../src/discovery/dht/bucket.ts';
import { idNear } from '../../src/discovery/dht/distance.ts';
import { Lookup } from '../../src/discovery/dht/lookup.ts';
import { ItemStore } from '../../src/discovery/dht/itemStore.ts';
import { PeerStore } from '../../src/discovery/dht/peerStore.ts';
import { Responder } from '../../src/discovery/dht/responder.ts';
import { RoutingTable } from '../../src/discovery/dht/routingTable.ts';
import { Tokens } from '../../src/discovery/dht/tokens.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { sha1 } from '../../src/protocol/encoding/id.ts';
import { decodeKrpc, type Question } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { hostOf, idOf, nodeOf, randomBytesOf } from '../discovery/dht/made.ts';
import { VirtualDht } from '../discovery/dht/virtualDht.ts';
import { VirtualTime } from '../discovery/dht/virtualTime.ts';
import { figure, median, table } from './measure.ts';

/** The machine's, whatever is installed later. */
const clock = performance.now.bind(performance);
const RUNS = 5;
const QUERIES = 20_000;
/** Lookups of each torrent; all of them together must take less than the half hour after which nodes forget. */
const ROUNDS = 10;

/** Queries that are read, answered and written a second, without a socket. */
const answers = (): void => {
  const random = seeded(1);
  const own = new RoutingTable(idOf(-1));
  for (let n = 0; n < 2000; n++) own.answered(nodeOf(n), 0);
  const store = new PeerStore();
  for (let n = 0; n < 300; n++) store.announced(idOf(0), { host: hostOf(n), port: 1 + n }, false, 0);
  const responder = new Responder({
    table: () => own,
    store,
    items: new ItemStore(),
    tokens: new Tokens(randomBytesOf(random), 0),
    random,
  });
  const from = { host: '8.8.8.8', port: 9 };
  const transaction = Uint8Array.of(1, 2);
  const questions: readonly (readonly [string, (n: number) => Question])[] = [
    ['ping', () => ({ method: 'ping' })],
    ['find_node', (n) => ({ method: 'find_node', target: idOf(n), want: [] })],
    ['get_peers, none known', (n) => ({ method: 'get_peers', infoHash: idOf(1 + n), want: [] })],
    ['get_peers, 300 known', () => ({ method: 'get_peers', infoHash: idOf(0), want: [] })],
  ];
  const rows = questions.map(([name, question]) => {
    const packets = Array.from({ length: 500 }, (_, n) =>
      encodeKrpc({ type: 'query', transaction, id: idOf(n), question: question(n) }),
    );
    let bytes = 0;
    const taken = Array.from({ length: RUNS + 1 }, () => {
      const began = clock();
      for (let n = 0; n < QUERIES; n++) {
        const query = decodeKrpc(packets[n % packets.length] as Uint8Array);
        if (query.type === 'query') bytes = encodeKrpc(responder.answer(query, from, own.id, n)).length;
      }
      return clock() - began;
    }).slice(1);
    const each = median(taken) / QUERIES;
    return [name, figure(1000 / each), figure(1000 * each), String(bytes)];
  });
  table('queries answered', ['query', 'a second', 'µs each', 'bytes'], rows);
};

const HEAD = ['network', 'found', 'hops', 'most', 'asked', 'ms, first', 'ms, all', 'nodes known', 'packets/node/min'];
const percentile = (numbers: readonly number[], part: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(part * numbers.length))] ?? 0;

/** A network of our whole nodes on virtual time. */
const virtual = (count: number): readonly string[] => {
  const time = new VirtualTime();
  time.install();
  const dht = new VirtualDht(time, { nodes: count, liars: 0.1, loss: 0.05, joinEvery: 20 });
  time.pass(5 * 60_000);
  const before = { sent: dht.udp.sent, now: time.now };
  time.pass(10 * 60_000);
  const packets = (dht.udp.sent - before.sent) / count / ((time.now - before.now) / 60_000);
  const anybody = () => dht.honest[Math.floor(dht.random() * dht.honest.length)] as (typeof dht.honest)[number];
  const torrents = Array.from({ length: 50 }, (_, n) => ({ infoHash: sha1(idOf(n)), port: 1000 + n, by: anybody() }));
  for (const { infoHash, port, by } of torrents) dht.announce(by.node, infoHash, port);
  const hosts = torrents.map(({ by }) => by.host);
  dht.churn(0.1);
  time.pass(60_000);
  dht.lookups.length = 0;
  let found = 0;
  const first: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    for (const [n, { infoHash, port }] of torrents.entries()) {
      const lookup = dht.find(anybody().node, infoHash);
      if (lookup.peers.some((peer) => peer.port === port && peer.host === hosts[n])) found++;
      if (lookup.peers.length > 0) first.push(lookup.first);
    }
  const of = (what: 'hops' | 'asked' | 'took') => dht.lookups.map((lookup) => lookup[what]);
  const known = median(dht.honest.map(({ node }) => node.stats().nodes));
  dht.end();
  time.uninstall();
  return [
    `${figure(count)} nodes, 10 % lie, 10 % left, 5 % lost`,
    `${((100 * found) / dht.lookups.length).toFixed(1)} %`,
    ...[median(of('hops')), Math.max(...of('hops')), median(of('asked')), median(first), median(of('took')), known].map(
      figure,
    ),
    packets.toFixed(1),
  ];
};

/** Where an id is, or would be, among nodes in the order of their ids. */
const placeOf = (nodes: readonly NodeEndpoint[], id: Uint8Array): number => {
  let [low, high] = [0, nodes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare((nodes[middle] as NodeEndpoint).id, id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Tables as they would be after a while, and lookups among them without sockets and time. */
const still = (count: number): readonly string[] => {
  const random = seeded(2);
  const randomBytes = randomBytesOf(random);
  const nodes = Array.from({ length: count }, (_, n) => nodeOf(n)).sort((a, b) => Buffer.compare(a.id, b.id));
  const tables = new Map<string, RoutingTable>();
  for (const [at, node] of nodes.entries()) {
    const own = new RoutingTable(node.id);
    for (let away = 1; away <= 8; away++)
      for (const each of [nodes[at - away], nodes[at + away]]) if (each) own.answered(each, 0);
    for (let bits = 0; bits < Math.log2(count); bits++)
      for (let n = 0; n < K; n++)
        own.answered(nodes[placeOf(nodes, idNear(node.id, bits, randomBytes(20)))] as NodeEndpoint, 0);
    tables.set(node.host, own);
  }
  const [hops, asked]: [number[], number[]] = [[], []];
  let found = 0;
  const LOOKUPS = 500;
  const anybody = (): RoutingTable =>
    tables.get((nodes[Math.floor(random() * count)] as NodeEndpoint).host) as RoutingTable;
  const looked = (start: RoutingTable, target: Uint8Array): Lookup => {
    const lookup = new Lookup(target, start.id);
    lookup.add(start.closest(target));
    const open = [...lookup.next()];
    for (let node = open.shift(); node; node = open.shift()) {
      lookup.answered(node, tables.get(node.host)?.closest(target) ?? []);
      open.push(...lookup.next());
    }
    return lookup;
  };
  for (let n = 0; n < LOOKUPS; n++) {
    const target = sha1(idOf(-n));
    // Somebody announces itself, somebody else looks for it.
    const told = new Set(
      looked(anybody(), target)
        .closest(K)
        .map(({ node }) => node.host),
    );
    const lookup = looked(anybody(), target);
    if (lookup.closest(K).some(({ node }) => told.has(node.host))) found++;
    hops.push(lookup.hops);
    asked.push(lookup.asked);
  }
  const known = median([...tables.values()].map(({ size }) => size));
  return [
    `${figure(count)} tables, all honest`,
    `${((100 * found) / LOOKUPS).toFixed(1)} %`,
    ...[median(hops), percentile(hops, 1), median(asked)].map(figure),
    '',
    '',
    figure(known),
    '',
  ];
};

answers();
const nodes = Number(process.argv[2] ?? 2000);
table('lookups', HEAD, [still(2000), still(20_000), ...(nodes > 0 ? [virtual(nodes)] : [])]);
