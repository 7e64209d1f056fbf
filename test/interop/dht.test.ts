import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { lastValueFrom, type Observable, Subscription, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DhtNode, dhtNode, type DhtNodeOptions } from '../../src/discovery/dht/node.ts';
import { nodeEnv } from '../../src/node.ts';
import { sha1, toHex } from '../../src/protocol/encoding/id.ts';
import { HOST, World } from './world.ts';

/** Where others see us when they are at {@link HOST}. */
const US = '10.77.0.2';
const HASH = sha1(new TextEncoder().encode('interop'));

let world: World;
let open: Subscription;

beforeEach(() => {
  world = new World();
  open = new Subscription();
});
afterEach(async () => {
  open.unsubscribe();
  await world.end();
});

const ours = (options: Partial<DhtNodeOptions> = {}): Promise<DhtNode> =>
  new Promise((done, failed) =>
    open.add(dhtNode(nodeEnv(), { bootstrap: [], ...options }).subscribe({ next: done, error: failed })),
  );

const all = <T>(values$: Observable<T>): Promise<T[]> => lastValueFrom(values$.pipe(toArray()));

const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what}`);
};

/** What a node of libtorrent says. */
const libtorrent = (
  port: number,
  bootstrap: string,
  ...job: readonly string[]
): { readonly said: () => string; readonly nodes: () => number } => {
  const child: ChildProcess = world.start(
    '/usr/bin/python3',
    resolve('test/interop/libtorrentDht.py'),
    `${HOST}:${port}`,
    bootstrap,
    ...job,
  );
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    said: () => said,
    nodes: () =>
      Number(
        said
          .match(/nodes (\d+)/g)
          ?.at(-1)
          ?.slice(6) ?? 0,
      ),
  };
};

describe('among nodes of libtorrent', () => {
  it('finds who announced itself there, and is found', async () => {
    const router = libtorrent(7101, '-');
    const nodes = Array.from({ length: 5 }, (_, n) => libtorrent(7102 + n, `${HOST}:7101`));
    await until(
      () => router.said().includes('nodes') && nodes.every((node) => node.nodes() > 0),
      'libtorrent to join libtorrent',
    );
    const announcer = libtorrent(7110, `${HOST}:7101`, 'announce', toHex(HASH));
    const us = await ours({ port: 7120, bootstrap: [{ host: HOST, port: 7101 }] });
    await until(() => us.stats().nodes >= 4, 'us to join libtorrent');
    await until(
      async () => (await all(us.getPeers(HASH))).some(({ port }) => port === 7110),
      `what libtorrent announced: ${announcer.said().slice(-300)}`,
    );
    await all(us.announce(HASH, 8888));
    const seeker = libtorrent(7111, `${HOST}:7101`, 'get', toHex(HASH));
    await until(
      () => seeker.said().includes(`found ${US}:8888`),
      `libtorrent to find us: ${seeker.said().slice(-300)}`,
    );
    expect(seeker.said()).toContain('found');
    expect([...nodes, router].some((node) => node.said().includes(`told ${US}:8888`))).toBe(true);
  });

  it('is the one node that they begin with', async () => {
    const us = await ours({ port: 7121 });
    const there = libtorrent(7112, `${US}:7121`, 'announce', toHex(HASH));
    await until(() => there.nodes() > 0, 'libtorrent to join us');
    await until(() => us.stats().peers > 0, 'libtorrent to announce itself to us');
    const seeker = libtorrent(7113, `${US}:7121`, 'get', toHex(HASH));
    await until(
      () => /found [\d.]+:7112/.test(seeker.said()),
      `libtorrent to find by us: ${seeker.said().slice(-300)}`,
    );
    expect(us.stats().nodes).toBeGreaterThanOrEqual(2);
  });
});
