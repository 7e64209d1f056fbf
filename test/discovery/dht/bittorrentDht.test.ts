import { Client } from 'bittorrent-dht';
import { lastValueFrom, type Observable, Subscription, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DhtNode, dhtNode, type DhtNodeOptions } from '../../../src/discovery/dht/node.ts';
import { sha1 } from '../../../src/protocol/encoding/id.ts';
import { loopbackEnv } from './loopback.ts';

const HASH = sha1(new TextEncoder().encode('another implementation'));

let open: Subscription;
let theirs: Client[];
beforeEach(() => {
  open = new Subscription();
  theirs = [];
});
afterEach(async () => {
  open.unsubscribe();
  await Promise.all(theirs.map((client) => new Promise<void>((done) => client.destroy(done))));
});

const ours = (options: Partial<DhtNodeOptions> = {}): Promise<DhtNode> =>
  new Promise((done, failed) =>
    open.add(dhtNode(loopbackEnv, { bootstrap: [], ...options }).subscribe({ next: done, error: failed })),
  );

/** A node of theirs at 127.0.0.1 that knows whom it is told of, and nobody else. */
const their = async (bootstrap?: number): Promise<Client> => {
  const client = new Client({
    bootstrap: bootstrap === undefined ? false : [`127.0.0.1:${bootstrap}`],
    host: '127.0.0.1',
  });
  theirs.push(client);
  await new Promise<void>((done) => client.listen(0, '127.0.0.1', done));
  return client;
};

const all = <T>(values$: Observable<T>): Promise<T[]> => lastValueFrom(values$.pipe(toArray()));
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  expect(await holds()).toBe(true);
};
const announces = (client: Client, port: number): Promise<void> =>
  new Promise((done) => client.announce(Buffer.from(HASH), port, () => done()));

describe('with nodes of bittorrent-dht', () => {
  it('joins them, finds what they announced, and is found by them', async () => {
    const first = await their();
    const others = await Promise.all([1, 2, 3, 4].map(() => their(first.address().port)));
    await until(() => others.every((client) => client.toJSON().nodes.length > 0));
    const node = await ours({ bootstrap: [{ host: '127.0.0.1', port: first.address().port }] });
    await until(() => node.stats().nodes >= 4);
    await announces(others[0] as Client, 7001);
    await until(async () => (await all(node.getPeers(HASH))).some(({ port }) => port === 7001));
    await all(node.announce(HASH, 7002));
    const found = new Set<number>();
    others[1]?.on('peer', ({ port }: { readonly port: number }) => found.add(port));
    await new Promise<void>((done) => others[1]?.lookup(Buffer.from(HASH), () => done()));
    expect(found).toContain(7002);
  });

  it('is the one whom they know, and brings them together', async () => {
    const node = await ours();
    const [one, two] = await Promise.all([their(node.port), their(node.port)]);
    await until(() => one.toJSON().nodes.length > 0 && two.toJSON().nodes.length > 0);
    await announces(one, 7003);
    await until(() => node.stats().peers > 0);
    const found = new Set<number>();
    two.on('peer', ({ port }: { readonly port: number }) => found.add(port));
    await new Promise<void>((done) => two.lookup(Buffer.from(HASH), () => done()));
    expect(found).toContain(7003);
    await until(() => node.stats().nodes === 2);
  });
});
