import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from 'bittorrent-dht';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSavedNodes } from '../../src/discovery/dht/savedNodes.ts';
import { type Content, HOST, listening, World } from './world.ts';

/** Where others see those who are at no address of their own: there the DHT leads to. */
const AWAY = '10.77.0.2';
const ROUTER = `${HOST}:7101`;

let world: World;
let theirs: Client[];

beforeEach(() => {
  world = new World();
  theirs = [];
});
afterEach(async () => {
  await Promise.all(theirs.map((client) => new Promise<void>((done) => client.destroy(done))));
  await world.end();
});

const until = async (holds: () => boolean, what: () => string): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what()}`);
};

/** A node of libtorrent, and what it says. */
const libtorrentNode = (listen: string, bootstrap: string, ...job: readonly string[]): { readonly said: () => string } => {
  const child: ChildProcess = world.start('/usr/bin/python3', resolve('test/interop/libtorrentDht.py'), listen, bootstrap, ...job);
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { said: () => said };
};

const joined = ({ said }: { readonly said: () => string }): boolean => /nodes [1-9]/.test(said());

/** Nodes of libtorrent and of bittorrent-dht that know each other. */
const network = async (): Promise<void> => {
  const router = libtorrentNode(ROUTER, '-');
  await until(
    () => router.said().includes('nodes'),
    () => 'the first node',
  );
  const nodes = [1, 2, 3].map((n) => libtorrentNode(`${HOST}:${7101 + n}`, ROUTER));
  for (let n = 0; n < 3; n++) {
    const client = new Client({ bootstrap: [ROUTER], host: HOST });
    theirs.push(client);
    await new Promise<void>((done) => client.listen(7151 + n, HOST, done));
  }
  await until(
    () => nodes.every(joined) && theirs.every((client) => client.toJSON().nodes.length > 0),
    () => 'the nodes to know each other',
  );
};

/** A seed of libtorrent that nobody knows but the DHT. */
const seed = async (content: Content, limit = 0): Promise<void> => {
  const sharing = libtorrentNode(`${AWAY}:7110`, ROUTER, 'share', content.torrent, world.lay(content, 'seed'), String(limit));
  await listening(7110, AWAY);
  await until(
    () => /is seeding/.test(sharing.said()) && joined(sharing),
    () => `the seed: ${sharing.said().slice(-500)}`,
  );
};

const nodeFile = (): string => world.path('state', 'rxtorrent', 'dht-nodes');

describe('a download that only the DHT leads to', () => {
  it('is complete; and so is the next one, which begins with what the first one left', async () => {
    const content = world.content('content', [3_000_000, 5]);
    await network();
    await seed(content);
    const first = await world.run('dht', content.torrent, '-o', `${world.path('got')}/`, '--bootstrap', ROUTER, '--timeout', '60', '--json');
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    expect(first.out).toMatch(/"type":"funnel".*"source":"dht".*"sending":1/);
    expect(first.out).not.toMatch(/"source":"(tracker|pex|lsd|manual)"/);
    expect(existsSync(nodeFile())).toBe(true);
    expect(decodeSavedNodes(readFileSync(nodeFile()))?.nodes.length).toBeGreaterThanOrEqual(4);
    // Nobody is there, where it would begin otherwise.
    const second = await world.run('dht', content.torrent, '-o', `${world.path('again')}/`, '--bootstrap', `${HOST}:9`, '--timeout', '60');
    expect({ code: second.code, err: second.code === 0 ? '' : second.err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'again')).toBe(true);
  });

  it('is not complete without anywhere to begin', async () => {
    const content = world.content('content', [100_000]);
    await network();
    await seed(content);
    const { code, err } = await world.run('dht', content.torrent, '-o', `${world.path('got')}/`, '--bootstrap', `${HOST}:9`, '--timeout', '5');
    expect(code).toBe(4);
    expect(err).toContain('0 peers known');
  });
});

describe('a seed of ours', () => {
  it('is found by libtorrent, which knows nothing but the DHT', async () => {
    const content = world.content('content', [3_000_000]);
    await network();
    const folder = world.lay(content, 'seed');
    const ours = world.run('seed', content.torrent, folder, '--no-trackers', '--no-lsd', '--bootstrap', ROUTER, '--port', '7130', '--json');
    await listening(7130, AWAY);
    const leech = libtorrentNode('10.77.0.3:7111', ROUTER, 'share', content.torrent, world.path('leech'));
    await until(
      () => /is (seeding|finished)/.test(leech.said()),
      () => `libtorrent to have it all: ${leech.said().slice(-500)}`,
    );
    expect(world.holds(content, 'leech')).toBe(true);
    await world.end();
    expect((await ours).out).toMatch(/"type":"peer-joined".*"source":"incoming"/);
  });
});

describe('PORT', () => {
  it('of a peer leads to its node, and through it to all the others', async () => {
    const content = world.content('content', [3_000_000]);
    await network();
    await seed(content, 300_000);
    const { code, err } = await world.run(
      ...['download', content.torrent, '-o', `${world.path('got')}/`, '--no-trackers', '--no-lsd', '--no-pex', '--peer', `${AWAY}:7110`],
      ...['--bootstrap', `${HOST}:9`, '--timeout', '60'],
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(decodeSavedNodes(readFileSync(nodeFile()))?.nodes.map(({ port }) => port)).toContain(7110);
  });
});

describe('the peers command', () => {
  it('names whom the DHT and the local network know', async () => {
    const content = world.content('content', [100_000]);
    await network();
    await seed(content);
    const looking = world.run('peers', content.torrent, '--no-trackers', '--bootstrap', ROUTER, '--timeout', '20', '--json');
    const near = world.lay(content, 'near');
    world.start('/usr/bin/python3', resolve('test/interop/libtorrentPeer.py'), content.torrent, near, '0.0.0.0:7120', '0', 'lsd');
    const { code, out } = await looking;
    expect(code).toBe(0);
    expect(out).toMatch(/"port":7110,"source":"dht"/);
    expect(out).toMatch(/"port":7120,"source":"lsd"/);
  });
});
