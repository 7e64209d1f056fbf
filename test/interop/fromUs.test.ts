import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, opentracker } from './clients.ts';
import { type Content, listening, World } from './world.ts';

const clients = { libtorrent, aria2 };
const CLI = resolve('dist/src/cli/main.js');

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** A seed of ours. */
const seed = async (content: Content, folder: string, port: number): Promise<void> => {
  world.start(process.execPath, CLI, 'seed', content.torrent, folder, '--port', String(port), '--no-dht', '--no-lsd');
  await listening(port);
};

const complete = (content: Content, folder: string): boolean => {
  try {
    return world.holds(content, folder);
  } catch {
    return false; // files that are not there yet
  }
};

const eventually = async (holds: () => boolean, seconds: number): Promise<boolean> => {
  for (let tries = 0; tries < seconds * 10 && !holds(); tries++) await new Promise((done) => setTimeout(done, 100));
  return holds();
};

describe.each(Object.entries(clients))('%s downloads from a seed of ours', (_, client) => {
  it.each([
    ['one file', [3_000_001]],
    ['several files', [1_000_003, 0, 65_536, 17, 2_500_000]],
  ])('%s', async (__, sizes) => {
    const content = world.content('content', sizes);
    await opentracker(world, content);
    await seed(content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    mkdirSync(world.path('leech'));
    await client(world, content, world.path('leech'), 7002);
    expect(await eventually(() => complete(content, 'leech'), 50)).toBe(true);
  });
});

describe('all at once from a seed of ours', () => {
  it('complete', async () => {
    const content = world.content('content', [20_000_000, 5, 1_000_000]);
    await opentracker(world, content);
    await seed(content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    let port = 7002;
    for (const [name, client] of Object.entries(clients)) {
      mkdirSync(world.path(name));
      await client(world, content, world.path(name), port++);
    }
    for (const name of Object.keys(clients)) expect(await eventually(() => complete(content, name), 50), name).toBe(true);
  });
});
