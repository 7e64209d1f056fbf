import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, opentracker, transmission } from './clients.ts';
import { type Content, listening, World } from './world.ts';

const clients = { libtorrent, aria2, transmission };
const ALONE = ['--no-dht', '--no-lsd'];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** A seed of ours that listens at 7000. */
const seed = async (content: Content, ...more: readonly string[]) => {
  const child = world.ours('seed', content.torrent, world.lay(content, 'seed'), '--port', '7000', ...ALONE, ...more);
  await listening(7000);
  await announced(content, 1);
  return child;
};

const empty = (folder: string): string => {
  mkdirSync(world.path(folder));
  return world.path(folder);
};

const until = async (holds: () => boolean, seconds: number): Promise<boolean> => {
  for (let tries = 0; tries < seconds * 4; tries++) {
    if (holds()) return true;
    await new Promise((done) => setTimeout(done, 250));
  }
  return false;
};

const count = (content: Content): number => Math.ceil(content.files.reduce((sum, { bytes }) => sum + bytes.length, 0) / 65_536);
const complete = (content: Content, folder: string): boolean => world.pieces(content, folder).size === count(content);

describe('a mixed swarm', () => {
  it('three clients have all from one seed of ours, together', async () => {
    const content = world.content('content', [8_000_000, 5, 1_000_000]);
    await opentracker(world, content);
    await seed(content);
    let port = 7001;
    for (const [name, client] of Object.entries(clients)) await client(world, content, empty(name), port++);
    expect(await until(() => Object.keys(clients).every((name) => complete(content, name)), 90)).toBe(true);
  });

  it('of two of ours and three of theirs completes everywhere when the seed leaves as soon as each piece is in two of them on average', {
    timeout: 240_000,
  }, async () => {
    const content = world.content('content', [16_000_000, 1_000_000]);
    await opentracker(world, content);
    const leaving = await seed(content, '--up-limit', '4M');
    const names = ['one', 'two', ...Object.keys(clients)];
    let port = 7001;
    for (const [name, client] of Object.entries(clients)) await client(world, content, empty(name), port++);
    for (const name of ['one', 'two']) world.ours('download', content.torrent, '-o', `${empty(name)}/`, '--seed', '--port', String(port++), ...ALONE);
    const copies = (): number => {
      const held = names.map((name) => world.pieces(content, name));
      const pieces = Array.from({ length: count(content) }, (_, index) => index);
      // Nobody could have what nobody has.
      return pieces.every((index) => held.some((each) => each.has(index))) ? held.reduce((sum, { size }) => sum + size, 0) / pieces.length : 0;
    };
    expect(await until(() => copies() >= 0.6 * names.length - 1, 90)).toBe(true);
    leaving.kill('SIGINT');
    await once(leaving, 'exit');
    expect(await until(() => names.every((name) => complete(content, name)), 90)).toBe(true);
  });
});
