import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, libtorrent, opentracker, transmission } from './clients.ts';
import { type Content, HOST, World } from './world.ts';

const UDP = `udp://${HOST}:6969/announce`;
const HTTP = `http://${HOST}:6969/announce`;
const DEAD = `udp://${HOST}:6900/announce`;

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** What opentracker counts now: seeds and leechers. */
const counts = async ({ infoHash }: Content): Promise<string> => {
  const reply = await (await fetch(`http://${HOST}:6969/scrape?info_hash=${infoHash.replace(/../g, '%$&')}`)).text();
  return ['complete', 'incomplete'].map((kind) => new RegExp(`\\d:${kind}i(\\d+)e`).exec(reply)?.[1] ?? '?').join(' ');
};

describe('opentracker over UDP', () => {
  it('leads to a seed', async () => {
    const content = world.content('content', [1_000_003, 0, 65_536]);
    await opentracker(world, content);
    await libtorrent(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const { code, err, out } = await world.run(
      'download',
      content.torrent,
      '--no-trackers',
      '--tracker',
      UDP,
      '-o',
      `${world.path('got')}/`,
      '--timeout',
      '60',
      '--json',
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    expect(out).toMatch(new RegExp(`"type":"announced",.*"url":"${UDP}"`));
    // We have said goodbye: the seed alone is left.
    expect(await counts(content)).toBe('1 0');
  });

  it('tells peers of their addresses, once each, and counts', async () => {
    const content = world.content('content', [100_000]);
    await opentracker(world, content);
    await libtorrent(world, content, world.lay(content, 'seed-1'), 7001);
    await transmission(world, content, world.lay(content, 'seed-2'), 7002);
    await announced(content, 2);
    const { code, out } = await world.run(
      'peers',
      content.torrent,
      '--tracker',
      UDP,
      '--port',
      '7009',
      '--count',
      '2',
      '--timeout',
      '20',
    );
    expect(code).toBe(0);
    // It names us, too, but we leave ourselves out.
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.replace(/^[^:]*/, ''))
        .sort(),
    ).toEqual([':7001  tracker', ':7002  tracker']);
    expect(await counts(content)).toBe('2 0');
    const scrape = await world.run('peers', content.torrent, '--scrape', '--tracker', UDP, '--json');
    expect(scrape.code).toBe(0);
    const lines = scrape.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; url: string; seeds: number; leechers: number })
      .filter(({ type }) => type === 'scraped');
    expect(new Map(lines.map(({ url, seeds, leechers }) => [url, [seeds, leechers]]))).toEqual(
      new Map([
        [HTTP, [2, 0]],
        [UDP, [2, 0]],
      ]),
    );
  });

  it('is asked at once when nobody listens at another tracker', async () => {
    const content = world.content('content', [100_000]);
    await opentracker(world, content);
    await libtorrent(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const began = Date.now();
    const trackers = ['--no-dht', '--no-trackers', '--tracker', DEAD, '--tracker', UDP];
    const { code, err } = await world.run('peers', content.torrent, ...trackers, '--count', '1', '--timeout', '30');
    expect({ code, err }).toEqual({ code: 0, err: `warning: ${DEAD}: connection refused\n` });
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});
