import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, libtorrent } from './clients.ts';
import { HOST, TRACKER, World } from './world.ts';

/** What we use of it. */
interface Server {
  listen(
    port: number,
    hosts: { readonly http: string; readonly udp: string; readonly udp6: string },
    done: () => void,
  ): void;
  close(done: () => void): void;
}
type ServerClass = new (options: {
  readonly http: boolean;
  readonly udp: boolean;
  readonly ws: boolean;
  readonly stats: boolean;
}) => Server;

const UDP = `udp://${HOST}:6969`;
const home = process.env['BITTORRENT_TRACKER'] ?? '';

let world: World;
let server: Server;

beforeEach(async () => {
  world = new World();
  const { default: ServerOf } = (await import(
    pathToFileURL(join(home, 'node_modules/bittorrent-tracker/server.js')).href
  )) as {
    readonly default: ServerClass;
  };
  server = new ServerOf({ http: true, udp: true, ws: false, stats: false });
  await new Promise<void>((done) => server.listen(6969, { http: HOST, udp: HOST, udp6: '::1' }, done));
});
afterEach(async () => {
  await world.end();
  await new Promise<void>((done) => server.close(done));
});

describe('bittorrent-tracker', () => {
  it.each([
    ['HTTP', TRACKER],
    ['UDP', UDP],
    // It takes no 0 for a port.
    ['HTTP, though nobody can call us', TRACKER, '--no-listen'],
  ])('leads to a seed over %s, and hears of our end', async (_, tracker, ...more) => {
    const content = world.content('content', [1_000_003, 0, 65_536]);
    await libtorrent(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const alone = ['--no-trackers', '--no-dht', '--no-lsd', '--no-pex'];
    const { code, err, out } = await world.run(
      ...[
        'download',
        content.torrent,
        ...alone,
        ...more,
        '--tracker',
        tracker,
        '-o',
        `${world.path('got')}/`,
        '--timeout',
        '60',
        '--json',
      ],
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    expect(out).toMatch(new RegExp(`"type":"announced",.*"url":"${tracker}"`));
    const { out: counts } = await world.run(
      'peers',
      content.torrent,
      '--scrape',
      '--no-trackers',
      '--tracker',
      tracker,
    );
    expect(counts).toMatch(new RegExp(`^${tracker} +1 seed, 0 leechers`));
  });

  it('is scraped over both, and says the same', async () => {
    const content = world.content('content', [100_000]);
    await libtorrent(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const { code, out } = await world.run('peers', content.torrent, '--scrape', '--tracker', UDP, '--json');
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; url: string; seeds: number; leechers: number })
      .filter(({ type }) => type === 'scraped');
    expect(lines.map(({ url, seeds, leechers }) => `${url} ${seeds} ${leechers}`).sort()).toEqual([
      `${TRACKER} 1 0`,
      `${UDP} 1 0`,
    ]);
  });
});
