import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seeded } from '../../marbles/random.ts';
import { DrawnUdp } from '../../marbles/network/udp.ts';
import { MAX_ANSWERS, MAX_PACKETS } from '../../src/discovery/dht/dosGuard.ts';
import { type DhtNode, dhtNode, type DhtNodeOptions } from '../../src/discovery/dht/node.ts';
import { MAX_OF_HOST, MAX_PEERS, MAX_TORRENTS } from '../../src/discovery/dht/peerStore.ts';
import type { UdpEndpoint } from '../../src/contracts/network.ts';
import type { NodeEndpoint } from '../../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Krpc, type Question, type Reply } from '../../src/protocol/dht/krpc.ts';
import { encodeKrpc, MAX_ANSWER } from '../../src/protocol/dht/encodeKrpc.ts';
import { hostOf, idOf, randomBytesOf } from '../discovery/dht/made.ts';
import { VirtualTime } from '../discovery/dht/virtualTime.ts';
import { mutated } from './mutations.ts';

const US = { host: '99.1.2.3', port: 6881 };
const transaction = Uint8Array.of(7, 7);

let time: VirtualTime;
let udp: DrawnUdp;
/** What we sent: to whom, and what. */
let sent: { readonly to: UdpEndpoint; readonly bytes: number; readonly krpc: Krpc }[];
let end: () => void;
let players: number;

beforeEach(() => {
  time = new VirtualTime();
  time.install();
  sent = [];
  players = 0;
  udp = new DrawnUdp({
    latency: 1,
    watch: ({ bytes, from }, to) => {
      if (from.host === US.host) sent.push({ to, bytes: bytes.length, krpc: decodeKrpc(bytes) });
    },
  });
});
afterEach(() => {
  end();
  time.uninstall();
  expect(udp.sockets).toBe(players);
});

const start = (options: Partial<DhtNodeOptions> = {}): DhtNode => {
  let node: DhtNode | undefined;
  const random = seeded(4);
  const env = { ...udp.at(US.host), random, randomBytes: randomBytesOf(random) };
  const life = dhtNode(env, { port: US.port, bootstrap: [], ...options }).subscribe((each) => {
    node = each;
  });
  end = () => life.unsubscribe();
  if (!node) throw new Error('not bound');
  return node;
};

/** Lets somebody at an address send us something; a socket for each would take longer. */
const throws = (bytes: Uint8Array, from: UdpEndpoint): void => {
  const life = udp
    .at(from.host)
    .bindUdp({ family: 4, port: from.port })
    .subscribe((socket) => socket.send(bytes, US));
  life.unsubscribe();
};
const asks = (question: Question, from: UdpEndpoint, id = idOf(from.port)): void =>
  throws(encodeKrpc({ type: 'query', transaction, id, readOnly: true, question }), from);
const answersTo = (host: string) =>
  sent.filter(({ to, krpc }) => to.host === host && krpc.type !== 'query').map(({ krpc }) => krpc);
const tokenFor = (from: UdpEndpoint, infoHash: Uint8Array): Uint8Array => {
  asks({ method: 'get_peers', infoHash, want: [] }, from);
  time.pass(10);
  return (answersTo(from.host).at(-1) as Reply).token ?? new Uint8Array();
};

/** A node that answers everything as it should, or, if `lie` is given, as that says. */
const plays = (node: NodeEndpoint, lie?: (answer: Reply) => Uint8Array | readonly Uint8Array[] | undefined): void => {
  players++;
  udp.plays(node, ({ bytes }) => {
    const asked = decodeKrpc(bytes);
    if (asked.type !== 'query') return undefined;
    const answer: Reply = { type: 'reply', transaction: asked.transaction, id: node.id };
    return lie ? lie(answer) : encodeKrpc(answer);
  });
};
const nodesOf = (count: number): NodeEndpoint[] =>
  Array.from({ length: count }, (_, n) => ({ id: idOf(n), host: hostOf(n), port: 6881 }));

describe('a DHT node among strangers', () => {
  it('survives garbage, and answers none of it but with an error', () => {
    const node = start();
    const random = seeded(7);
    const whole = encodeKrpc({
      type: 'query',
      transaction,
      id: idOf(1),
      question: { method: 'get_peers', infoHash: idOf(2), want: [4] },
    });
    for (let n = 0; n < 5000; n++) {
      throws(n % 2 ? mutated(whole, random) : randomBytesOf(random)(n % 200), {
        host: hostOf(n),
        port: 1 + (n % 60_000),
      });
      if (n % 100 === 0) time.pass(2000);
    }
    time.pass(1000);
    expect(node.stats()).toEqual({ nodes: 0, nodes6: 0, torrents: 0, peers: 0 });
    asks({ method: 'ping' }, { host: '8.8.8.8', port: 9 });
    time.pass(10);
    expect(answersTo('8.8.8.8')).toMatchObject([{ type: 'reply' }]);
  });

  it('does not let in who asks, only who answers', () => {
    const node = start();
    for (let n = 0; n < 50; n++)
      throws(encodeKrpc({ type: 'query', transaction, id: idOf(n), question: { method: 'ping' } }), {
        host: hostOf(n),
        port: 5,
      });
    time.pass(60_000);
    expect(node.stats().nodes).toBe(0);
    plays({ id: idOf(60), host: hostOf(60), port: 5 });
    throws(encodeKrpc({ type: 'query', transaction, id: idOf(60), question: { method: 'ping' } }), {
      host: hostOf(60),
      port: 6,
    });
    time.pass(60_000);
    expect(node.stats().nodes).toBe(0);
  });

  it('takes no answer from elsewhere, under another id, or twice', () => {
    const [good, ...others] = nodesOf(6) as [NodeEndpoint, ...NodeEndpoint[]];
    const evil = { host: '66.6.6.6', port: 6881 };
    // Somebody who sees none of our questions answers each at once, in the name of nobody and of the one asked.
    plays(good, () => undefined);
    for (const each of others) plays(each);
    const node = start({ bootstrap: [good, ...others] });
    for (let n = 0; n < 40; n++)
      throws(
        encodeKrpc({
          type: 'reply',
          transaction: Uint8Array.of(n, n, n, n),
          id: good.id,
          nodes: [{ ...evil, id: idOf(99) }],
        }),
        n % 2 ? good : evil,
      );
    time.pass(60_000);
    expect(sent.some(({ to }) => to.host === evil.host)).toBe(false);
    expect(node.nodes().nodes.map(({ host }) => host)).not.toContain(good.host);
    expect(node.stats().nodes).toBe(5);
  });

  it('does not take somebody for another one, whatever id it answers under', () => {
    const nodes = nodesOf(8);
    const [liar, ...others] = nodes as [NodeEndpoint, ...NodeEndpoint[]];
    let n = 1000;
    plays(liar, (answer) => encodeKrpc({ ...answer, id: idOf(n++) }));
    for (const each of others) plays(each);
    const node = start({ bootstrap: nodes });
    time.pass(20 * 60_000);
    expect(node.nodes().nodes.filter(({ host }) => host === liar.host).length).toBeLessThanOrEqual(1);
    expect(node.stats().nodes).toBeGreaterThanOrEqual(7);
  });

  it('keeps one node of a /24, however many there are', () => {
    const nodes = nodesOf(6);
    const sybils = Array.from({ length: 250 }, (_, n) => ({ id: idOf(500 + n), host: `66.6.6.${n + 1}`, port: 6881 }));
    for (const each of sybils) plays(each);
    let at = 0;
    for (const each of nodes)
      plays(each, (answer) =>
        encodeKrpc({ ...answer, nodes: Array.from({ length: 8 }, () => sybils[at++ % sybils.length] as NodeEndpoint) }),
      );
    const node = start({ bootstrap: nodes });
    time.pass(30 * 60_000);
    expect(node.nodes().nodes.filter(({ host }) => host.startsWith('66.6.6.')).length).toBeLessThanOrEqual(1);
  });

  it('is not led to addresses of our own house, nor to peers there', () => {
    const [one, ...others] = nodesOf(5) as [NodeEndpoint, ...NodeEndpoint[]];
    const inside = ['127.0.0.1', '192.168.1.1', '10.0.0.1', '169.254.169.254', '172.16.0.1'].map((host, n) => ({
      id: idOf(700 + n),
      host,
      port: 22,
    }));
    for (const each of [one, ...others])
      plays(each, (answer) => encodeKrpc({ ...answer, nodes: inside, peers: inside, token: idOf(1).subarray(8) }));
    const node = start({ bootstrap: [one, ...others] });
    const found: unknown[] = [];
    node.getPeers(idOf(3)).subscribe((peer) => found.push(peer));
    time.pass(10 * 60_000);
    expect(node.stats().nodes).toBe(5);
    expect(sent.filter(({ to }) => to.port === 22)).toEqual([]);
    expect(found).toEqual([]);
  });

  it('ignores a flood of get_peers, and answers others still', () => {
    start();
    const flooder = { host: '66.6.6.6', port: 7 };
    for (let n = 0; n < 2000; n++) {
      asks({ method: 'get_peers', infoHash: idOf(n), want: [4, 6] }, flooder);
      if (n % 10 === 0) time.pass(20);
    }
    expect(answersTo(flooder.host).length).toBeLessThanOrEqual(MAX_PACKETS);
    asks({ method: 'ping' }, { host: '8.8.8.8', port: 9 });
    time.pass(10);
    expect(answersTo('8.8.8.8').length).toBe(1);
    time.pass(6 * 60_000);
    asks({ method: 'ping' }, flooder);
    const before = answersTo(flooder.host).length;
    time.pass(10);
    expect(answersTo(flooder.host).length).toBe(before + 1);
  });

  it('answers a hundred times a second at most, however many ask', () => {
    start();
    for (let n = 0; n < 5000; n++) {
      asks({ method: 'find_node', target: idOf(n), want: [] }, { host: hostOf(n), port: 7 });
      if (n % 50 === 0) time.pass(50);
    }
    time.pass(1000);
    expect(sent.filter(({ krpc }) => krpc.type !== 'query').length).toBeLessThanOrEqual(MAX_ANSWERS * 7.5);
  });

  it('takes no announce without a token, nor with that of somebody else, of another torrent or of yesterday', () => {
    const node = start();
    const [one, two] = [
      { host: '8.8.8.8', port: 9 },
      { host: '8.8.4.4', port: 9 },
    ];
    const announces = (from: UdpEndpoint, infoHash: Uint8Array, token: Uint8Array): Krpc | undefined => {
      asks({ method: 'announce_peer', infoHash, port: 80, impliedPort: false, token }, from);
      time.pass(10);
      return answersTo(from.host).at(-1);
    };
    const token = tokenFor(one, idOf(1));
    expect(announces(one, idOf(1), Uint8Array.of(1, 2, 3, 4))).toMatchObject({ type: 'error', code: 203 });
    expect(announces(two, idOf(1), token)).toMatchObject({ type: 'error', code: 203 });
    expect(announces(one, idOf(2), token)).toMatchObject({ type: 'error', code: 203 });
    expect(node.stats().peers).toBe(0);
    expect(announces(one, idOf(1), token)).toMatchObject({ type: 'reply' });
    expect(node.stats().peers).toBe(1);
    time.pass(11 * 60_000);
    expect(announces(one, idOf(1), token)).toMatchObject({ type: 'error', code: 203 });
    time.pass(30 * 60_000);
    expect(node.stats().peers).toBe(0);
  });

  it('stores within its limits, and answers in one packet', () => {
    const node = start();
    for (let n = 0; n < 3000; n++) {
      const from = { host: hostOf(n % 40), port: 1 + n };
      const infoHash = idOf(n % 4 ? 0 : n);
      asks(
        { method: 'announce_peer', infoHash, port: 1 + n, impliedPort: false, token: tokenFor(from, infoHash) },
        from,
      );
      time.pass(300);
    }
    expect(node.stats().torrents).toBeLessThanOrEqual(MAX_TORRENTS);
    expect(node.stats().peers).toBeLessThanOrEqual(Math.min(40 * MAX_OF_HOST, MAX_TORRENTS * MAX_PEERS));
    expect(node.stats().peers).toBeGreaterThan(100);
    tokenFor({ host: '8.8.8.8', port: 9 }, idOf(0));
    expect((answersTo('8.8.8.8').at(-1) as Reply).peers?.length).toBeGreaterThan(50);
    expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(MAX_ANSWER);
  });

  it('ends a lookup among those who name ever nearer nodes', () => {
    const nodes = nodesOf(5);
    const target = idOf(3);
    let n = 10_000;
    const names = (): NodeEndpoint[] =>
      Array.from({ length: 16 }, () => {
        const id = new Uint8Array(target);
        id.set(idOf(n).subarray(0, 12), 8);
        const named = { id, host: hostOf(n++), port: 6881 };
        plays(named, (answer) => encodeKrpc({ ...answer, nodes: names() }));
        return named;
      });
    for (const each of nodes) plays(each, (answer) => encodeKrpc({ ...answer, nodes: names() }));
    let asked = 0;
    const node = start({ bootstrap: nodes, report: (lookup) => (asked = lookup.asked) });
    time.pass(60_000);
    node.getPeers(target).subscribe();
    time.pass(60_000);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(160);
  });

  it('answers nothing when it only reads, and says so', () => {
    start({ readOnly: true, bootstrap: nodesOf(1) });
    asks({ method: 'ping' }, { host: '8.8.8.8', port: 9 });
    time.pass(1000);
    expect(answersTo('8.8.8.8')).toEqual([]);
    expect(sent[0]?.krpc).toMatchObject({ type: 'query', readOnly: true });
  });
});
