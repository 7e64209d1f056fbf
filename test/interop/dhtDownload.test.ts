import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSavedNodes } from '../../src/discovery/dht/savedNodes.ts';
import { AWAY, libtorrentNode, network, ROUTER, seed, until } from './dhtNetwork.ts';
import { HOST, listening, World } from './world.ts';

let world: World;
let end: () => Promise<unknown>;

beforeEach(() => {
  world = new World();
  end = () => Promise.resolve();
});
afterEach(async () => {
  await end();
  await world.end();
});

const nodeFile = (): string => world.path('state', 'rxtorrent', 'dht-nodes');

describe('a download that only the DHT leads to', () => {
  it('is complete; and so is the next one, which begins with what the first one left', async () => {
    const content = world.content('content', [3_000_000, 5]);
    end = await network(world);
    await seed(world, content);
    const first = await world.run(
      'dht',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--bootstrap',
      ROUTER,
      '--timeout',
      '60',
      '--json',
    );
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    expect(first.out).toMatch(/"type":"funnel".*"source":"dht".*"sending":1/);
    expect(first.out).not.toMatch(/"source":"(tracker|pex|lsd|manual)"/);
    expect(existsSync(nodeFile())).toBe(true);
    expect(decodeSavedNodes(readFileSync(nodeFile()))?.nodes.length).toBeGreaterThanOrEqual(4);
    // Nobody is there, where it would begin otherwise.
    const second = await world.run(
      'dht',
      content.torrent,
      '-o',
      `${world.path('again')}/`,
      '--bootstrap',
      `${HOST}:9`,
      '--timeout',
      '60',
    );
    expect({ code: second.code, err: second.code === 0 ? '' : second.err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'again')).toBe(true);
  });

  it('is not complete without anywhere to begin', async () => {
    const content = world.content('content', [100_000]);
    end = await network(world);
    await seed(world, content);
    const { code, err } = await world.run(
      'dht',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--bootstrap',
      `${HOST}:9`,
      '--timeout',
      '5',
    );
    expect(code).toBe(4);
    expect(err).toContain('0 peers known');
  });
});

describe('a seed of ours', () => {
  it('is found by libtorrent, which knows nothing but the DHT', async () => {
    const content = world.content('content', [3_000_000]);
    end = await network(world);
    const folder = world.lay(content, 'seed');
    const ours = world.run(
      'seed',
      content.torrent,
      folder,
      '--no-trackers',
      '--no-lsd',
      '--bootstrap',
      ROUTER,
      '--port',
      '7130',
      '--json',
    );
    await listening(7130, AWAY);
    const leech = libtorrentNode(world, '10.77.0.3:7111', ROUTER, 'share', content.torrent, world.path('leech'));
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
    end = await network(world);
    await seed(world, content, 300_000);
    const { code, err } = await world.run(
      ...[
        'download',
        content.torrent,
        '-o',
        `${world.path('got')}/`,
        '--no-trackers',
        '--no-lsd',
        '--no-pex',
        '--peer',
        `${AWAY}:7110`,
      ],
      ...['--bootstrap', `${HOST}:9`, '--timeout', '60'],
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(decodeSavedNodes(readFileSync(nodeFile()))?.nodes.map(({ port }) => port)).toContain(7110);
  });
});

describe('the peers command', () => {
  it('names whom the DHT and the local network know', async () => {
    const content = world.content('content', [100_000]);
    end = await network(world);
    await seed(world, content);
    const looking = world.run(
      'peers',
      content.torrent,
      '--no-trackers',
      '--bootstrap',
      ROUTER,
      '--timeout',
      '20',
      '--json',
    );
    const near = world.lay(content, 'near');
    world.start(
      '/usr/bin/python3',
      resolve('test/interop/libtorrentPeer.py'),
      content.torrent,
      near,
      '0.0.0.0:7120',
      '0',
      'lsd',
    );
    const { code, out } = await looking;
    expect(code).toBe(0);
    expect(out).toMatch(/"port":7110,"source":"dht"/);
    expect(out).toMatch(/"port":7120,"source":"lsd"/);
  });
});
