import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, opentracker, transmission } from './clients.ts';
import { World } from './world.ts';

const clients = { libtorrent, aria2, transmission };
const SINGLE = [3_000_001];
const MULTIPLE = [1_000_003, 0, 65_536, 17, 2_500_000];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

describe.each(Object.entries(clients))('from a seed of %s, found through opentracker', (_, client) => {
  it.each([
    ['one file', SINGLE],
    ['several files', MULTIPLE],
  ])('%s', async (_, sizes) => {
    const content = world.content('content', sizes);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const { code, err } = await world.run(
      'download',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--timeout',
      '60',
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
  });
});

describe('from several clients at once', () => {
  it('takes blocks from each of them', async () => {
    const content = world.content('content', [30_000_000, 5, 1_000_000]);
    await opentracker(world, content);
    let port = 7001;
    for (const [name, client] of Object.entries(clients))
      await client(world, content, world.lay(content, `seed-${name}`), port++, { limit: 1_000_000 });
    await announced(content, 3);
    const { code, out } = await world.run(
      'download',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--timeout',
      '60',
      '--json',
    );
    expect(code).toBe(0);
    expect(world.holds(content, 'got')).toBe(true);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; from?: { port: number }[] });
    const senders = new Set(
      events
        .filter(({ type }) => type === 'stored')
        .flatMap(({ from }) => from ?? [])
        .map((sender) => sender.port),
    );
    expect([...senders].sort()).toEqual([7001, 7002, 7003]);
  });

  it('completes when the only copies are spread over partial seeds', async () => {
    const content = world.content('content', [9_000_000, 400_000]);
    await opentracker(world, content);
    const third = (n: number) => (piece: number) => piece % 3 === n;
    await libtorrent(world, content, world.lay(content, 'third-0', third(0)), 7001);
    await libtorrent(world, content, world.lay(content, 'third-1', third(1)), 7002);
    await transmission(world, content, world.lay(content, 'third-2', third(2)), 7003);
    await announced(content, 3);
    const { code, err } = await world.run(
      'download',
      content.torrent,
      '-o',
      `${world.path('got')}/`,
      '--timeout',
      '90',
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
  });
});
