import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, AT, aria2, libtorrent, opentracker, transmission, WEBTORRENT, webtorrent } from './clients.ts';
import { network, ROUTER, seed, until } from './dhtNetwork.ts';
import { type Content, listening, TRACKER, World } from './world.ts';

const clients = { libtorrent, aria2, transmission, webtorrent };
/** So many files that the info dictionary is of several pieces. */
const SIZES = [1_000_003, ...Array.from({ length: 300 }, (_, n) => n * 7)];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const ended = ({ code, err }: { readonly code: number | null; readonly err: string }) => ({
  code,
  err: code === 0 ? '' : err,
});

describe.each(Object.entries(clients))('from nothing but a magnet link, with a seed of %s', (name, client) => {
  it('that a tracker names', async () => {
    const content = world.content('content', SIZES);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const link = `magnet:?xt=urn:btih:${content.infoHash}&tr=${encodeURIComponent(TRACKER)}`;
    const saved = world.path('saved.torrent');
    expect(
      ended(
        await world.run(
          'magnet_download',
          link,
          '-o',
          `${world.path('got')}/`,
          '--save-torrent',
          saved,
          '--timeout',
          '60',
        ),
      ),
    ).toEqual({
      code: 0,
      err: '',
    });
    expect(world.holds(content, 'got')).toBe(true);
    expect(existsSync(saved)).toBe(true);
    const { out } = await world.run('info', saved);
    expect(out).toContain(`Info Hash: ${content.infoHash}`);
    expect(out).toContain(`Tracker URL: ${TRACKER}`);
  });

  it('that only the link names', async () => {
    const content = world.content('content', SIZES);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    // Until it has announced itself it may be checking what it has.
    await announced(content, 1);
    const link = `magnet:?xt=urn:btih:${content.infoHash}&x.pe=${AT[name as keyof typeof clients]}:7001`;
    const { out, ...run } = await world.run('magnet_info', link, '--timeout', '60');
    expect(ended(run)).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Info Hash: ${content.infoHash}`);
    expect(ended(await world.run('download', link, '-o', `${world.path('got')}/`, '--timeout', '60'))).toEqual({
      code: 0,
      err: '',
    });
    expect(world.holds(content, 'got')).toBe(true);
  });
});

describe('from nothing but an info-hash, and the DHT alone', () => {
  const peers: Readonly<Record<string, (content: Content) => Promise<void>>> = {
    libtorrent: (content) => seed(world, content),
    webtorrent: async (content) => {
      const program = resolve('test/interop/webtorrentPeer.js');
      const child = world.start(
        process.execPath,
        program,
        WEBTORRENT,
        content.torrent,
        world.lay(content, 'seed'),
        '7110',
        '0',
        ROUTER,
      );
      let said = '';
      child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await listening(7110);
      await until(
        () => /done nodes [1-9]/.test(said),
        () => `the seed: ${said.slice(-500)}`,
      );
    },
  };

  it.each(Object.keys(peers))('with a seed of %s', async (name) => {
    const content = world.content('content', SIZES);
    const end = await network(world);
    try {
      await peers[name]?.(content);
      const link = `magnet:?xt=urn:btih:${content.infoHash}`;
      const { out, ...run } = await world.run(
        'dht',
        link,
        '-o',
        `${world.path('got')}/`,
        '--bootstrap',
        ROUTER,
        '--timeout',
        '60',
        '--json',
      );
      expect(ended(run)).toEqual({ code: 0, err: '' });
      expect(world.holds(content, 'got')).toBe(true);
      expect(out).toMatch(/"type":"metadata"/);
      expect(out).toMatch(/"type":"funnel".*"source":"dht".*"sending":1/);
      expect(out).not.toMatch(/"source":"(tracker|pex|lsd|manual)"/);
      const shown = await world.run('magnet_info', link, '--no-lsd', '--bootstrap', ROUTER, '--timeout', '60');
      expect(ended(shown)).toEqual({ code: 0, err: '' });
      expect(shown.out).toContain(`Info Hash: ${content.infoHash}`);
    } finally {
      await end();
    }
  });
});
