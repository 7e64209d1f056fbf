import { Client } from 'bittorrent-dht';
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EMPTY, lastValueFrom, type Observable, Subscription, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { nodeEnv } from '../../src/node.ts';
import { immutableItem, itemTarget, keyTarget, publicKeyOf, signedItem } from '../../src/protocol/dht/item.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { formatKeyLink, parseKeyLink } from '../../src/torrent/metainfo/keyLink.ts';
import { libtorrentNode, network, NODES, ROUTER, seed, until, verified } from './dhtNetwork.ts';
import { HOST, World } from './world.ts';

const SEED = new Uint8Array(32).fill(5);
const KEY = Buffer.from(publicKeyOf(SEED));
const SALT = Buffer.from('films');
const [READER, WRITER] = [`${HOST}:7113`, `${HOST}:7114`];

let world: World;
let open: Subscription;
let end: () => Promise<unknown>;

beforeEach(() => {
  world = new World();
  open = new Subscription();
  end = () => Promise.resolve();
});
afterEach(async () => {
  open.unsubscribe();
  await end();
  await world.end();
});

const all = <T>(values$: Observable<T>): Promise<T[]> => lastValueFrom(values$.pipe(toArray()));

const ours = (port: number, known: readonly number[] = [7101]): Promise<DhtNode> =>
  new Promise((done, failed) => {
    const bootstrap = known.map((node) => ({ host: HOST, port: node }));
    open.add(dhtNode(nodeEnv(), { port, bootstrap }).subscribe({ next: done, error: failed }));
  });

/** A node of bittorrent-dht that is no part of the network before. */
const theirs = async (): Promise<Client> => {
  const client = new Client({ bootstrap: [ROUTER], host: HOST, verify: verified });
  open.add(() => client.destroy(() => undefined));
  await new Promise<void>((done) => client.listen(7160, HOST, done));
  for (const node of NODES) client.addNode({ host: HOST, port: Number(node.split(':')[1]) });
  await until(
    () => client.toJSON().nodes.length > 2,
    () => 'bittorrent-dht to join',
  );
  return client;
};

const signed = (bytes: Buffer): Buffer => {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED]);
  return sign(null, bytes, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
};

type Puts = Parameters<Client['put']>[0];

/** How many nodes have taken it. */
const put = (client: Client, item: Puts): Promise<number> =>
  new Promise((done, failed) => client.put(item, (error, _, nodes) => (error ? failed(error) : done(nodes))));

const get = (client: Client, target: Uint8Array, salt?: Buffer) =>
  new Promise<Puts | null>((done, failed) =>
    client.get(Buffer.from(target), { ...(salt && { salt }), cache: false }, (error, item) =>
      error ? failed(error) : done(item),
    ),
  );

/** What libtorrent says of the items that it finds. */
const read = async (job: readonly string[], shows: string, router = ROUTER): Promise<void> => {
  const reader = libtorrentNode(world, READER, router, ...job);
  await until(
    () => reader.said().includes(shows),
    () => `libtorrent to find ${shows}: ${reader.said().slice(-800)}`,
  );
};

describe('what we publish', () => {
  it('is read by libtorrent and by bittorrent-dht', async () => {
    end = await network(world);
    const content = world.content('content', [100_000]);
    const key = world.path('key');
    const { code, out, err } = await world.run(
      ...['publish', content.torrent, '--key', key, '--create-key', '--salt', 'films', '--once'],
      ...['--bootstrap', ROUTER, '--json'],
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/"nodes":[1-9]/);
    const seed = new Uint8Array(Buffer.from(readFileSync(key, 'latin1').trim(), 'hex'));
    const publisher = Buffer.from(publicKeyOf(seed));
    const found = await get(await theirs(), keyTarget(publisher, SALT), SALT);
    expect(found?.v).toMatchObject({ ih: Buffer.from(content.infoHash, 'hex') });
    await read(['read', toHex(publisher), toHex(SALT)], content.infoHash);
  });
});

describe('a link to the key of a publisher that uses bittorrent-dht', () => {
  it('leads to the whole content; and to the newer one afterwards', async () => {
    end = await network(world);
    const content = world.content('content', [3_000_000, 5]);
    await seed(world, content);
    const client = await theirs();
    const named = (hash: string, seq: number, cas?: number) =>
      put(client, {
        ...{ v: { ih: Buffer.from(hash, 'hex') }, k: KEY, salt: SALT, seq, sign: signed },
        ...(cas !== undefined && { cas }),
      });
    expect(await named(content.infoHash, 3)).toBeGreaterThan(0);
    const link = formatKeyLink({ key: KEY, salt: SALT });
    expect(parseKeyLink(link)?.salt).toEqual(new Uint8Array(SALT));
    const follow = (into: string, patience: string) =>
      world.run('dht', link, '-o', `${world.path(into)}/`, '--bootstrap', ROUTER, '--timeout', patience);
    const first = await follow('got', '60');
    expect({ code: first.code, err: first.code === 0 ? '' : first.err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    const newer = '77'.repeat(20);
    expect(await named(newer, 4, 3)).toBeGreaterThan(0);
    expect((await follow('next', '1')).err).toContain(`names ${newer}, and no longer ${content.infoHash}`);
  });
});

describe('signed items', () => {
  it('of libtorrent are read by us, each newer one', async () => {
    end = await network(world);
    const node = await ours(7120);
    const writer = libtorrentNode(
      world,
      WRITER,
      ROUTER,
      ...['keep', toHex(SEED), toHex(KEY), toHex(SALT), 'one', 'two'],
    );
    await until(
      () => writer.said().includes('taken 2'),
      () => `libtorrent to put: ${writer.said().slice(-800)}`,
    );
    const found = await all(node.getItem?.(keyTarget(KEY, SALT), new Uint8Array(SALT)) ?? EMPTY);
    const newest = found.at(-1);
    expect(newest && Buffer.from(newest.value).toString()).toBe('3:two');
    expect(newest?.signed?.seq).toBeGreaterThanOrEqual(2);
  });

  it('of ours replace a version at the nodes of others only where cas names it', async () => {
    libtorrentNode(world, `${HOST}:7141`, '-');
    const client = new Client({ bootstrap: false, host: HOST, verify: verified });
    open.add(() => client.destroy(() => undefined));
    await new Promise<void>((done) => client.listen(7142, HOST, done));
    const node = await ours(7120, [7141, 7142]);
    await until(
      () => node.stats().nodes >= 2,
      () => 'us to know both',
    );
    const item = (seq: number) => signedItem(`version ${seq}`, { seed: SEED, seq, salt: new Uint8Array(SALT) });
    const put = async (seq: number, cas?: number) => (await all(node.putItem?.(item(seq), cas) ?? EMPTY))[0];
    const version = async () => (await get(client, keyTarget(KEY, SALT), SALT))?.seq;
    expect([await put(1), await version()]).toEqual([2, 1]);
    expect([await put(2, 7), await version()]).toEqual([0, 1]);
    expect([await put(3, 1), await version()]).toEqual([2, 3]);
    expect([await put(2), await version()]).toEqual([0, 3]);
    await read(['read', toHex(KEY), toHex(SALT)], 'version 3', `${HOST}:7141`);
  });
});

describe('items that are found by their hash', () => {
  it('are read by the others, and theirs by us', async () => {
    end = await network(world);
    const node = await ours(7120);
    const client = await theirs();
    const mine = immutableItem('of ours');
    expect((await all(node.putItem?.(mine) ?? EMPTY))[0]).toBeGreaterThan(1);
    expect((await get(client, itemTarget(mine)))?.v).toEqual(Buffer.from('of ours'));
    await read(['read-fixed', toHex(itemTarget(mine))], 'of ours');
    expect(await put(client, { v: Buffer.from('of bittorrent-dht') })).toBeGreaterThan(0);
    const writer = libtorrentNode(world, WRITER, ROUTER, 'keep-fixed', 'of libtorrent');
    await until(
      () => /taken 0 by/.test(writer.said()),
      () => `libtorrent to put: ${writer.said().slice(-800)}`,
    );
    for (const text of ['of bittorrent-dht', 'of libtorrent']) {
      const item = immutableItem(text);
      expect((await all(node.getItem?.(itemTarget(item)) ?? EMPTY))[0]?.value).toEqual(item.value);
    }
  });
});
