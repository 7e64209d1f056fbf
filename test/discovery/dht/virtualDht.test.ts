import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUIET } from '../../../src/discovery/dht/bucket.ts';
import { sha1, toHex } from '../../../src/protocol/encoding/id.ts';
import { VirtualDht } from './virtualDht.ts';
import { VirtualTime } from './virtualTime.ts';

const NODES = 200;
const TORRENTS = 20;
const hash = (n: number): Uint8Array => sha1(new TextEncoder().encode(`torrent ${n}`));

const time = new VirtualTime();
beforeAll(() => time.install());
afterAll(() => time.uninstall());

/** So many nodes, of whom a tenth lie; a packet in twenty is lost. */
const settled = (nodes: number, seed: number): VirtualDht => {
  const dht = new VirtualDht(time, { nodes, liars: 0.1, loss: 0.05, seed, joinEvery: 20 });
  time.pass(3 * 60_000);
  return dht;
};

describe('a virtual DHT', () => {
  it('finds what was announced, in few hops, though a tenth lies, a tenth left, and packets are lost', () => {
    const dht = settled(NODES, 1);
    const anybody = () => dht.honest[Math.floor(dht.random() * dht.honest.length)] as (typeof dht.honest)[number];
    const announcers = Array.from({ length: TORRENTS }, (_, n) => {
      const { node, host } = anybody();
      dht.announce(node, hash(n), 1000 + n);
      return host;
    });
    dht.churn(0.1);
    time.pass(60_000);
    dht.lookups.length = 0;
    let found = 0;
    const lookups = 8 * TORRENTS;
    for (let n = 0; n < lookups; n++) {
      const { peers } = dht.find(anybody().node, hash(n % TORRENTS));
      if (peers.some(({ host, port }) => host === announcers[n % TORRENTS] && port === 1000 + (n % TORRENTS))) found++;
    }
    expect(found / lookups).toBeGreaterThanOrEqual(0.99);
    const hops = dht.lookups.map((lookup) => lookup.hops).sort((a, b) => a - b);
    expect(hops.length).toBe(lookups);
    expect(hops[hops.length >> 1]).toBeLessThanOrEqual(Math.log2(NODES) / 2);
    expect(hops.at(-1)).toBeLessThanOrEqual(Math.log2(NODES) + 2);
    // Tables stay small, and nobody is asked without end.
    expect(Math.max(...dht.honest.map(({ node }) => node.stats().nodes))).toBeLessThan(160);
    expect(Math.max(...dht.lookups.map(({ asked }) => asked))).toBeLessThan(100);
    dht.end();
    expect(dht.udp.sockets).toBe(0);
  }, 60_000);

  it('is quiet when nobody wants anything: each bucket is looked up in once in a quarter of an hour', () => {
    const dht = settled(60, 2);
    time.pass(2 * QUIET);
    const before = dht.udp.sent;
    time.pass(4 * QUIET);
    // Packets a node and minute, answers included.
    expect((dht.udp.sent - before) / 60 / 60).toBeLessThan(40);
    dht.end();
  }, 60_000);

  it('does the same each time', () => {
    const played = () => {
      const dht = settled(40, 3);
      const [one, two] = [dht.honest[7], dht.honest[20]];
      if (!one || !two) throw new Error('too few');
      dht.announce(one.node, hash(1), 1);
      const { peers, took } = dht.find(two.node, hash(1));
      const told = { peers, took, sent: dht.udp.sent, ids: dht.honest.map(({ node }) => toHex(node.nodes().id)) };
      dht.end();
      return told;
    };
    expect(played()).toEqual(played());
  }, 60_000);
});
