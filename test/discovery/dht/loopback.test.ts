import { firstValueFrom, lastValueFrom, map, type Observable, Subscription, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type DhtNode, dhtNode, type DhtNodeOptions } from '../../../src/discovery/dht/node.ts';
import { sha1 } from '../../../src/protocol/encoding/id.ts';
import { loopbackEnv, loopbackEnv6 } from './loopback.ts';

let open = new Subscription();
afterEach(() => {
  open.unsubscribe();
  open = new Subscription();
});

/** A node of this machine that runs until the test ends. */
const start = (options: Partial<DhtNodeOptions> = {}, env = loopbackEnv): Promise<DhtNode> =>
  new Promise((done, failed) =>
    open.add(dhtNode(env, { bootstrap: [], ...options }).subscribe({ next: done, error: failed })),
  );

const all = <T>(values$: Observable<T>): Promise<T[]> => lastValueFrom(values$.pipe(toArray()));
const here = (node: DhtNode) => ({ host: '127.0.0.1', port: node.port });
const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 200 && !holds(); tries++) await new Promise((done) => setTimeout(done, 25));
  expect(holds()).toBe(true);
};

describe('nodes on real sockets', () => {
  it('join by one of them, announce, and find', async () => {
    const first = await start();
    const others = await Promise.all(Array.from({ length: 11 }, () => start({ bootstrap: [here(first)] })));
    await until(() => others.every((node) => node.stats().nodes >= 4));
    const infoHash = sha1(new TextEncoder().encode('loopback'));
    const [a, b, c] = others as [DhtNode, DhtNode, DhtNode];
    expect(await all(a.announce(infoHash, 7001))).toEqual([]);
    await all(b.announce(infoHash, 0));
    const found = await all(c.getPeers(infoHash));
    expect(found.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(found.map(({ port }) => port).sort()).toEqual([7001, b.port].sort());
  });

  it('do so over IPv6, too, where there is no IPv4', async () => {
    const first = await start({}, loopbackEnv6);
    const bootstrap = [{ host: '::1', port: first.port }];
    const others = await Promise.all(Array.from({ length: 7 }, () => start({ bootstrap }, loopbackEnv6)));
    await until(() => others.every((node) => node.stats().nodes6 >= 4 && node.stats().nodes === 0));
    const infoHash = sha1(new TextEncoder().encode('loopback'));
    const [a, b] = others as [DhtNode, DhtNode];
    expect(await all(a.announce(infoHash, 7001))).toEqual([]);
    expect(await all(b.getPeers(infoHash))).toEqual([{ host: '::1', port: 7001 }]);
    const again = await start({ saved: b.nodes() }, loopbackEnv6);
    await until(() => again.stats().nodes6 >= 4);
  });

  it('begin again with what they knew, without a bootstrap node', async () => {
    const first = await start();
    const others = await Promise.all(Array.from({ length: 5 }, () => start({ bootstrap: [here(first)] })));
    await until(() => others.every((node) => node.stats().nodes >= 4));
    const saved = (others[0] as DhtNode).nodes();
    const again = await start({ saved });
    await until(() => again.stats().nodes >= 4);
    expect(again.nodes().id).toEqual(saved.id);
  });

  it('let go of the port when unsubscribed, and take another one if it is taken', async () => {
    const port = await firstValueFrom(dhtNode(loopbackEnv, { bootstrap: [] }).pipe(map((node) => node.port)));
    const node = await start({ port });
    expect(node.port).toBe(port);
    expect((await start({ port })).port).not.toBe(port);
  });
});
