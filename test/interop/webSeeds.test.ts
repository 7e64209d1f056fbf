import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AT, libtorrent } from './clients.ts';
import { apache, nginx, ORIGIN, python } from './webServers.ts';
import { World } from './world.ts';

const NOBODY_ELSE = ['--no-dht', '--no-lsd', '--no-trackers', '--no-listen', '--timeout', '60'];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

describe.each([
  ['nginx', nginx],
  ['Apache', apache],
  ["Python's http.server", python],
] as const)('%s as a web seed', (_, server) => {
  it('gives a torrent of several files that `create --web-seed` has made', async () => {
    const content = world.content('a ä & b', [3_000_001, 20, 1_500_000]);
    const folder = world.lay(content, 'www');
    await server(world, folder);
    const made = world.path('made.torrent');
    const created = await world.run('create', world.path('www', content.name), '-o', made, '--web-seed', `${ORIGIN}/`);
    expect(created.code).toBe(0);
    const { code, err } = await world.run('download', made, '-o', world.path('got/'), ...NOBODY_ELSE);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(world.holds(content, 'got')).toBe(true);
  });

  it('gives one file by its own URL, beside a slow peer', async () => {
    const content = world.content('film', [40_000_001]);
    await server(world, world.lay(content, 'www'));
    await libtorrent(world, content, world.lay(content, 'slow'), 7001, { limit: 50_000 });
    const peers = ['--peer', `${AT.libtorrent}:7001`, '--web-seed', `${ORIGIN}/film`];
    const { code } = await world.run('download', content.torrent, '-o', world.path('got/'), ...NOBODY_ELSE, ...peers);
    expect(code).toBe(0);
    expect(world.holds(content, 'got')).toBe(true);
  });
});

describe('--no-web-seeds', () => {
  it('leaves web servers alone: without peers nothing comes', async () => {
    const content = world.content('film', [70_000]);
    await nginx(world, world.lay(content, 'www'));
    const asked = ['--web-seed', `${ORIGIN}/film`, '--no-web-seeds'];
    const { code } = await world.run('download', content.torrent, '-o', world.path('got/'), ...NOBODY_ELSE, ...asked);
    expect([code, existsSync(world.path('got', 'film'))]).toEqual([4, false]);
  });
});
