import { of, Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { DrawnUdp } from '../../../marbles/network/udp.ts';
import { LookupQueue, MAX_LOOKUPS } from '../../../src/discovery/dht/lookupQueue.ts';
import { type DhtNode, dhtNode, type DhtNodeOptions, type DhtScrape } from '../../../src/discovery/dht/node.ts';
import { isValidNodeId } from '../../../src/discovery/dht/nodeId.ts';
import { NetworkError } from '../../../src/contracts/errors.ts';
import type { Endpoint } from '../../../src/protocol/encoding/compact.ts';
import { hostOf, idOf, randomBytesOf } from './made.ts';
import { VirtualTime } from './virtualTime.ts';

let time: VirtualTime;
let udp: DrawnUdp;
let open: Subscription;

beforeEach(() => {
  time = new VirtualTime();
  time.install();
  open = new Subscription();
  udp = new DrawnUdp({ latency: 20, names: { 'both.test': [hostOf(0), '2001:db8:0:1::1'] } });
});
afterEach(() => {
  open.unsubscribe();
  time.uninstall();
  expect(udp.sockets).toBe(0);
});

let seed = 1;
const start = (hosts: readonly string[], options: Partial<DhtNodeOptions> = {}): DhtNode => {
  let node: DhtNode | undefined;
  const random = seeded(seed++);
  open.add(
    dhtNode(
      { ...udp.at(...hosts), random, randomBytes: randomBytesOf(random) },
      { port: 6881, bootstrap: [{ host: 'both.test', port: 6881 }], ...options },
    ).subscribe((each) => {
      node = each;
    }),
  );
  if (!node) throw new Error('not bound');
  return node;
};
const v6 = (n: number): string => `2001:db8:0:${n + 1}::1`;
const foundBy = (node: DhtNode, infoHash: Uint8Array): Endpoint[] => {
  const found: Endpoint[] = [];
  node.getPeers(infoHash).subscribe((peer) => found.push(peer));
  time.pass(60_000);
  return found.sort((a, b) => a.host.localeCompare(b.host));
};

describe('dhtNode', () => {
  it('makes sixteen lookups at one time, however many torrents ask', () => {
    const turns = vi.spyOn(LookupQueue.prototype, 'inTurn');
    onTestFinished(() => turns.mockRestore());
    const node = start([hostOf(0)]);
    for (let n = 0; n < 100; n++)
      open.add((n % 2 === 0 ? node.announce(idOf(n), 0, true) : node.getPeers(idOf(n))).subscribe());
    const queues = new Set(turns.mock.contexts as LookupQueue[]);
    expect([...queues].map(({ running, waiting }) => [running, waiting])).toEqual([[MAX_LOOKUPS, 100 - MAX_LOOKUPS]]);
  });

  it('is at home in IPv4 and IPv6, and hears of nodes of one by the other', () => {
    const nodes = Array.from({ length: 24 }, (_, n) => start([hostOf(n), v6(n)]));
    time.pass(10 * 60_000);
    const [one, two] = nodes.slice(10) as [DhtNode, DhtNode];
    expect(one.stats().nodes).toBeGreaterThan(7);
    expect(one.stats().nodes6).toBeGreaterThan(7);
    one.announce(idOf(1), 0).subscribe();
    time.pass(60_000);
    expect(foundBy(two, idOf(1))).toEqual([
      { host: hostOf(10), port: 6881 },
      { host: v6(10), port: 6881 },
    ]);
    // Who knows nodes of IPv4 only asks these for others.
    const late = start([hostOf(50), v6(50)], { bootstrap: [{ host: hostOf(3), port: 6881 }] });
    time.pass(10 * 60_000);
    expect(late.stats().nodes6).toBeGreaterThan(3);
    const saved = late.nodes();
    expect(
      saved.nodes.some(({ host }) => host.includes(':')) && saved.nodes.some(({ host }) => !host.includes(':')),
    ).toBe(true);
  });

  it('takes an id that fits the address that the others see', () => {
    const nodes = Array.from({ length: 40 }, (_, n) => start([hostOf(n)]));
    const before = nodes.map((node) => node.nodes().id);
    expect(before.filter((id, n) => isValidNodeId(id, hostOf(n))).length).toBe(0);
    time.pass(30 * 60_000);
    expect(nodes.filter((node, n) => isValidNodeId(node.nodes().id, hostOf(n))).length).toBe(40);
    nodes[7]?.announce(idOf(2), 77).subscribe();
    time.pass(60_000);
    expect(foundBy(nodes[30] as DhtNode, idOf(2))).toEqual([{ host: hostOf(7), port: 77 }]);
  });

  it('takes an id that fits the address that the router tells, although nobody else has seen it', () => {
    const node = start([hostOf(1)], { outside$: of(hostOf(77)) });
    expect(isValidNodeId(node.nodes().id, hostOf(77))).toBe(true);
  });

  it('estimates how many there are', () => {
    const nodes = Array.from({ length: 60 }, (_, n) => start([hostOf(n)]));
    time.pass(5 * 60_000);
    for (const node of nodes.slice(0, 40)) node.announce(idOf(3), 1).subscribe();
    time.pass(60_000);
    let scraped: DhtScrape | undefined;
    nodes[50]?.scrape(idOf(3)).subscribe((each) => {
      scraped = each;
    });
    let unknown: DhtScrape | undefined;
    nodes[50]?.scrape(idOf(4)).subscribe((each) => {
      unknown = each;
    });
    time.pass(60_000);
    expect(scraped?.seeds).toBe(0);
    expect(scraped?.leechers).toBeGreaterThan(30);
    expect(scraped?.leechers).toBeLessThan(50);
    expect(unknown).toBeUndefined();
  });

  it('tells seeds from those who are not, and does not tell seeds of seeds', () => {
    const nodes = Array.from({ length: 40 }, (_, n) => start([hostOf(n)]));
    time.pass(5 * 60_000);
    for (const [n, node] of nodes.slice(0, 20).entries()) node.announce(idOf(3), 1, n < 15).subscribe();
    time.pass(60_000);
    const asker = nodes[30] as DhtNode;
    let scraped: DhtScrape | undefined;
    asker.scrape(idOf(3)).subscribe((each) => {
      scraped = each;
    });
    expect(foundBy(asker, idOf(3)).length).toBe(20);
    expect([scraped?.seeds, scraped?.leechers]).toEqual([15, 5]);
    const found: Endpoint[] = [];
    asker.getPeers(idOf(3), true).subscribe((peer) => found.push(peer));
    time.pass(60_000);
    expect(found.map(({ host }) => host).sort()).toEqual([15, 16, 17, 18, 19].map(hostOf).sort());
  });

  it('goes on when all the others have gone for an hour, and come back', () => {
    const others = Array.from({ length: 20 }, (_, n) => n);
    const lives = new Map<number, Subscription>();
    const come = (n: number): void => {
      const random = seeded(100 + n);
      const env = { ...udp.at(hostOf(n)), random, randomBytes: randomBytesOf(random) };
      lives.set(
        n,
        dhtNode(env, {
          port: 6881,
          bootstrap: [{ host: hostOf(0), port: 6881 }],
          saved: { id: idOf(n), nodes: [] },
        }).subscribe(),
      );
    };
    others.forEach(come);
    const us = start([hostOf(77)], { bootstrap: [{ host: hostOf(0), port: 6881 }] });
    time.pass(5 * 60_000);
    expect(us.stats().nodes).toBeGreaterThan(7);
    for (const life of lives.values()) life.unsubscribe();
    time.pass(60 * 60_000);
    expect(us.stats().nodes).toBeLessThan(4);
    others.forEach(come);
    time.pass(10 * 60_000);
    expect(us.stats().nodes).toBeGreaterThan(7);
    for (const life of lives.values()) life.unsubscribe();
  });

  it('says that there is no port when there is none', () => {
    const errors: unknown[] = [];
    const random = seeded(1);
    dhtNode({ ...udp.at(), random, randomBytes: randomBytesOf(random) }, { bootstrap: [] }).subscribe({
      error: (error: unknown) => errors.push(error),
    });
    expect(errors).toMatchObject([{ name: 'NetworkError', code: 'no-address' }]);
    expect(errors[0]).toBeInstanceOf(NetworkError);
  });
});
