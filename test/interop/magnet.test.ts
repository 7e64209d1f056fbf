import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, opentracker, transmission } from './clients.ts';
import { TRACKER, World } from './world.ts';

const clients = { libtorrent, aria2, transmission };
/** So many files that the info dictionary is of several pieces. */
const SIZES = [1_000_003, ...Array.from({ length: 300 }, (_, n) => n * 7)];

/** Where it answers those who are at no address of their own: transmission hangs up on callers from its own. */
const AWAY = '10.77.0.2';

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const ended = ({ code, err }: { readonly code: number | null; readonly err: string }) => ({ code, err: code === 0 ? '' : err });

describe.each(Object.entries(clients))('from nothing but a magnet link, with a seed of %s', (_, client) => {
  it('that a tracker names', async () => {
    const content = world.content('content', SIZES);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    const link = `magnet:?xt=urn:btih:${content.infoHash}&tr=${encodeURIComponent(TRACKER)}`;
    const saved = world.path('saved.torrent');
    expect(ended(await world.run('magnet_download', link, '-o', `${world.path('got')}/`, '--save-torrent', saved, '--timeout', '60'))).toEqual({
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
    const link = `magnet:?xt=urn:btih:${content.infoHash}&x.pe=${AWAY}:7001`;
    const { out, ...run } = await world.run('magnet_info', link, '--timeout', '60');
    expect(ended(run)).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Info Hash: ${content.infoHash}`);
    expect(ended(await world.run('download', link, '-o', `${world.path('got')}/`, '--timeout', '60'))).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
  });
});
