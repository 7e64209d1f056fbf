import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, libtorrent, opentracker, qbittorrent, type StartClient } from './clients.ts';
import { contentOf } from './version2.ts';
import { type Content, listening, World } from './world.ts';

const clients = { libtorrent, qbittorrent };
const CONTENTS: readonly (readonly [string, readonly number[]])[] = [
  ['one file', [3_000_001]],
  ['several files', [1_000_003, 0, 65_536, 17, 2_500_000]],
];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const ours = async (content: Content): Promise<void> => {
  await opentracker(world, content);
  const folder = world.lay(content, 'seed');
  world.ours('seed', content.torrent, folder, '--no-dht', '--no-lsd', '--port', '7000');
  await listening(7000);
  await announced(content, 1);
};

const download = async (content: Content, ...more: readonly string[]): Promise<void> => {
  const { code, err } = await world.run(
    ...['download', content.torrent, '-o', `${world.path('got')}/`, '--timeout', '60', '--no-dht', '--no-lsd', ...more],
  );
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(world.holds(content, 'got')).toBe(true);
};

/** Waits until all of it is there. */
const gets = async (client: StartClient, content: Content): Promise<boolean> => {
  mkdirSync(world.path('theirs'));
  await client(world, content, world.path('theirs'), 7001);
  for (let tries = 0; tries < 75; tries++) {
    await new Promise((done) => setTimeout(done, 200));
    try {
      if (world.holds(content, 'theirs')) return true;
    } catch {
      // It has not begun.
    }
  }
  return false;
};

describe.each(Object.entries(clients))('a torrent of version 2 only, and %s', (_, client) => {
  it.each(CONTENTS)('from it: %s', async (_, sizes) => {
    const content = contentOf(world, 'v2', sizes);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    await download(content);
  });

  it.each(CONTENTS)('to it: %s', async (_, sizes) => {
    const content = contentOf(world, 'v2', sizes);
    await ours(content);
    expect(await gets(client, content)).toBe(true);
  });
});

it('from us to us', async () => {
  const content = contentOf(world, 'v2', [1_000_003, 0, 65_536, 17, 2_500_000]);
  await ours(content);
  await download(content);
});
