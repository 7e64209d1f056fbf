import { describe, expect, it } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { BOOTSTRAP } from '../../../src/discovery/dht/bootstrap.ts';
import { Responder } from '../../../src/discovery/dht/responder.ts';
import type { Endpoint } from '../../../src/protocol/encoding/compact.ts';
import type { Question, Reply } from '../../../src/protocol/dht/krpc.ts';
import { commonBits, idNear } from '../../../src/discovery/dht/distance.ts';
import { IpVotes } from '../../../src/discovery/dht/ipVotes.ts';
import { networkOf } from '../../../src/discovery/dht/networks.ts';
import { createNodeId, isValidNodeId } from '../../../src/discovery/dht/nodeId.ts';
import {
  EXPIRY,
  MAX_OF_HOST,
  MAX_PEERS,
  MAX_TOLD,
  MAX_TORRENTS,
  PeerStore,
} from '../../../src/discovery/dht/peerStore.ts';
import { ItemStore } from '../../../src/discovery/dht/itemStore.ts';
import { RoutingTable } from '../../../src/discovery/dht/routingTable.ts';
import { decodeSavedNodes, encodeSavedNodes } from '../../../src/discovery/dht/savedNodes.ts';
import { ROTATION, Tokens } from '../../../src/discovery/dht/tokens.ts';
import { parseId, sha1 } from '../../../src/protocol/encoding/id.ts';
import { hostOf, idOf, randomBytesOf } from './made.ts';

const hash = (text: string): Uint8Array => sha1(new TextEncoder().encode(text));

describe('distance', () => {
  it('counts common bits, and makes ids that have them', () => {
    const random = randomBytesOf(seeded(3));
    const own = random(20);
    expect(commonBits(own, own)).toBe(160);
    for (let bits = 0; bits < 160; bits++) {
      expect(commonBits(own, idNear(own, bits, random(20)))).toBe(bits);
      expect(commonBits(own, idNear(own, bits, random(20), true))).toBeGreaterThanOrEqual(bits);
    }
  });
});

describe('networks', () => {
  it('are those of the public internet', () => {
    expect(['8.8.8.8', '8.8.8.9', '8.8.9.8'].map(networkOf)).toEqual(['8.8.8', '8.8.8', '8.8.9']);
    expect(networkOf('2001:db8:1:2:3::')).toBe(networkOf('2001:db8:1:2::9'));
    expect(networkOf('2001:db8:1:3::')).not.toBe(networkOf('2001:db8:1:2::'));
  });
});

describe('node ids', () => {
  // The examples of BEP 42.
  it.each([
    ['124.31.75.21', 1, '5fbfbf'],
    ['21.75.31.124', 86, '5a3ce9'],
    ['65.23.51.170', 22, 'a5d432'],
    ['84.124.73.14', 65, '1b0321'],
    ['43.213.53.83', 90, 'e56f6c'],
  ])('at %s with %i begin with %s', (host, last, prefix) => {
    const random = new Uint8Array(20).fill(0x07);
    random[19] = last;
    const id = createNodeId(random, host);
    expect(commonBits(id, parseId(prefix.padEnd(40, '0')))).toBeGreaterThanOrEqual(21);
    expect(isValidNodeId(id, host)).toBe(true);
    expect(isValidNodeId(id, '8.8.8.8')).toBe(false);
  });

  it('fit IPv6 addresses, too, and any fits a local one', () => {
    const random = randomBytesOf(seeded(1))(20);
    expect(isValidNodeId(createNodeId(random, '2001:db8:85a3::8a2e'), '2001:db8:85a3::1')).toBe(true);
    expect(isValidNodeId(random, '2001:db8:85a3::1')).toBe(false);
    expect(isValidNodeId(random, '192.168.0.1')).toBe(true);
    expect(createNodeId(random)).toEqual(random);
  });

  it('follow what most see, of one network one', () => {
    const votes = new IpVotes();
    for (let n = 0; n < 200; n++) expect(votes.voted(`9.9.9.${n}`, '6.6.6.6')).toBeUndefined();
    const said = Array.from({ length: 11 }, (_, n) => votes.voted(hostOf(n), '5.5.5.5'));
    expect(said.slice(0, 10)).toEqual(Array(10).fill(undefined));
    expect(said[10]).toBe('5.5.5.5');
    expect(votes.voted('192.168.0.1', '5.5.5.5')).toBeUndefined();
    votes.clear();
    expect(votes.voted(hostOf(1), '5.5.5.5')).toBeUndefined();
  });
});

describe('Tokens', () => {
  const made = () => new Tokens(randomBytesOf(seeded(1)), 0);

  it('are good for five to ten minutes, one address and one info-hash', () => {
    const tokens = made();
    const token = tokens.give('1.2.3.4', hash('a'), 1000);
    expect(tokens.isGood(token, '1.2.3.4', hash('a'), 2000)).toBe(true);
    expect(tokens.isGood(token, '1.2.3.5', hash('a'), 2000)).toBe(false);
    expect(tokens.isGood(token, '1.2.3.4', hash('b'), 2000)).toBe(false);
    expect(tokens.isGood(new Uint8Array(0), '1.2.3.4', hash('a'), 2000)).toBe(false);
    expect(tokens.isGood(token, '1.2.3.4', hash('a'), ROTATION + 1)).toBe(true);
    expect(tokens.isGood(token, '1.2.3.4', hash('a'), 2 * ROTATION + 2)).toBe(false);
  });

  it('are no good after a long silence', () => {
    const tokens = made();
    const token = tokens.give('1.2.3.4', hash('a'), 0);
    expect(tokens.isGood(token, '1.2.3.4', hash('a'), 2 * ROTATION)).toBe(false);
  });
});

describe('Responder', () => {
  const random = seeded(1);
  const answers = (question: Question, from = { host: '1.2.3.4', port: 5 }) =>
    responder.answer({ type: 'query', transaction, id: idOf(1), question }, from, idOf(2), 0);
  const transaction = Uint8Array.of(1);
  const store = new PeerStore();
  const responder = new Responder({
    items: new ItemStore(),
    table: () => undefined,
    store,
    tokens: new Tokens(randomBytesOf(random), 0),
    random,
  });

  it('believes the port that is named, or if it is implied that of the packet, as behind a router', () => {
    for (const [name, impliedPort] of [
      ['named', false],
      ['implied', true],
    ] as const) {
      const { token = new Uint8Array() } = answers({ method: 'get_peers', infoHash: hash(name), want: [] }) as Reply;
      expect(answers({ method: 'announce_peer', infoHash: hash(name), port: 77, impliedPort, token })).toMatchObject({
        type: 'reply',
      });
      expect(answers({ method: 'get_peers', infoHash: hash(name), want: [] })).toMatchObject({
        peers: [{ host: '1.2.3.4', port: impliedPort ? 5 : 77 }],
      });
    }
  });

  it('tells nobody from outside who is in our own house', () => {
    const [near, far] = ['192.168.1.7', '8.8.8.8'].map((host) => ({ host, port: 5 })) as [Endpoint, Endpoint];
    const known = new PeerStore();
    const table = new RoutingTable(idOf(3));
    for (const each of [near, far]) {
      known.announced(hash('house'), each, false, 0);
      table.answered({ id: sha1(new TextEncoder().encode(each.host)), ...each }, 0);
    }
    const asked = new Responder({
      items: new ItemStore(),
      table: () => table,
      store: known,
      tokens: new Tokens(randomBytesOf(random), 0),
      random,
    });
    const told = (from: Endpoint, question: Question) => {
      const { peers = [], nodes = [] } = asked.answer(
        { type: 'query', transaction, id: idOf(1), question },
        from,
        idOf(2),
        0,
      ) as Reply;
      return [peers, nodes].map((each) => each.map(({ host }) => host).sort());
    };
    const peers: Question = { method: 'get_peers', infoHash: hash('house'), want: [] };
    const nodes: Question = { method: 'find_node', target: idOf(9), want: [] };
    const both = [near.host, far.host].sort();
    expect(told({ host: '9.9.9.9', port: 1 }, peers)).toEqual([[far.host], [far.host]]);
    expect(told({ host: '9.9.9.9', port: 1 }, nodes)).toEqual([[], [far.host]]);
    expect(told({ host: '192.168.1.9', port: 1 }, peers)).toEqual([both, both]);
    expect(told({ host: '192.168.1.9', port: 1 }, nodes)).toEqual([[], both]);
  });
});

describe('PeerStore', () => {
  it('tells those of the family, each once, and forgets after half an hour', () => {
    const store = new PeerStore();
    store.announced(hash('a'), { host: '1.2.3.4', port: 5 }, false, 0);
    store.announced(hash('a'), { host: '1.2.3.4', port: 5 }, true, 1000);
    store.announced(hash('a'), { host: '2001:db8::1', port: 6 }, false, 0);
    const random = seeded(1);
    expect(store.told(hash('a'), 4, random, 2000)).toMatchObject([{ host: '1.2.3.4', port: 5 }]);
    expect(store.told(hash('a'), 4, random, 2000, { noSeed: true })).toEqual([]);
    expect(store.told(hash('a'), 6, random, 2000)).toMatchObject([{ host: '2001:db8::1', port: 6 }]);
    expect(store.told(hash('b'), 4, random, 2000)).toEqual([]);
    expect(store.told(hash('a'), 4, random, EXPIRY + 1000)).toEqual([]);
    store.expire(EXPIRY + 1000);
    expect([store.torrents, store.peers]).toEqual([0, 0]);
    store.check();
  });

  it('keeps its limits whatever is announced, and tells another hundred each time', () => {
    const store = new PeerStore();
    for (let n = 0; n < 2 * MAX_PEERS; n++) store.announced(hash('full'), { host: hostOf(n), port: 1 }, false, n);
    expect(store.peers).toBe(MAX_PEERS);
    const random = seeded(1);
    const [one, two] = [store.told(hash('full'), 4, random, 1000), store.told(hash('full'), 4, random, 1000)];
    expect([one.length, new Set(one.map(({ host }) => host)).size]).toEqual([MAX_TOLD, MAX_TOLD]);
    expect(one).not.toEqual(two);
    for (let n = 0; n < 2 * MAX_TORRENTS; n++)
      store.announced(hash(`${n}`), { host: hostOf(n), port: 2 }, false, 1000 + n);
    expect(store.torrents).toBe(MAX_TORRENTS);
    // The one that many are in has outlived those that one was in.
    expect(store.told(hash('full'), 4, random, 1000).length).toBe(MAX_TOLD);
    store.check();
  });

  it('takes no more than a hundred of one address', () => {
    const store = new PeerStore();
    const taken = Array.from({ length: 3 * MAX_OF_HOST }, (_, n) =>
      store.announced(hash(`${n}`), { host: '6.6.6.6', port: 1 }, false, 0),
    );
    expect(taken.filter(Boolean).length).toBe(MAX_OF_HOST);
    expect(store.announced(hash('later'), { host: '6.6.6.6', port: 1 }, false, EXPIRY)).toBe(true);
    store.check();
  });
});

describe('where everybody begins', () => {
  it('are five nodes, each a name and its port', () => {
    expect(BOOTSTRAP.map(({ host, port }) => `${host}:${port}`)).toEqual([
      'router.bittorrent.com:6881',
      'dht.transmissionbt.com:6881',
      'router.utorrent.com:6881',
      'dht.aelitis.com:6881',
      'dht.libtorrent.org:25401',
      'router.bt.ouinet.work:6881',
    ]);
  });
});

describe('saved nodes', () => {
  const nodes = Array.from({ length: 20 }, (_, n) => ({
    id: idOf(n),
    host: n % 2 ? hostOf(n) : `2001:db8::${n + 1}`,
    port: 1000 + n,
  }));

  it('come back as they were', () => {
    const saved = decodeSavedNodes(encodeSavedNodes({ id: idOf(99), nodes }));
    expect(saved?.id).toEqual(idOf(99));
    expect(new Set(saved?.nodes)).toEqual(new Set(nodes));
  });

  it('are nothing if they are anything else', () => {
    const bytes = encodeSavedNodes({ id: idOf(99), nodes });
    for (const end of [0, 1, 20, bytes.length - 1]) expect(decodeSavedNodes(bytes.subarray(0, end))).toBeUndefined();
    expect(decodeSavedNodes(new Uint8Array(70_000).fill(0x64))).toBeUndefined();
    expect(
      decodeSavedNodes(new TextEncoder().encode('d2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes3:abc7:versioni1ee')),
    ).toBeUndefined();
  });
});
