import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AT, aria2, libtorrent } from './clients.ts';
import { type Content, World } from './world.ts';

/**
 * Milliseconds that a reader waits at most because one of two peers is slow: until that is noticed, and for what the
 * other has been asked before.
 */
const STALL = 10_000;
const NOBODY_ELSE = ['--no-dht', '--no-lsd', '--no-trackers', '--no-listen', '--timeout', '60'];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** What comes out of `download -o -`: its digest, and the longest time for which nothing came. */
const piped = async (content: Content, ...args: readonly string[]) => {
  const child = world.ours('download', content.torrent, '-o', '-', ...NOBODY_ELSE, ...args);
  const hash = createHash('sha1');
  let last = performance.now();
  let stall = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    const now = performance.now();
    stall = Math.max(stall, now - last);
    last = now;
    hash.update(chunk);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, sha1: hash.digest('hex'), stall };
};
const sha1 = (bytes: Uint8Array | undefined): string =>
  createHash('sha1')
    .update(bytes ?? '')
    .digest('hex');

describe('to stdout', () => {
  it('from aria2, beside a libtorrent that gives next to nothing: nobody waits for that one', async () => {
    const content = world.content('film', [20_000_001]);
    await libtorrent(world, content, world.lay(content, 'slow'), 7001, { limit: 8_000 });
    await aria2(world, content, world.lay(content, 'quick'), 7002, { limit: 2_000_000 });
    const before = readdirSync(world.folder);
    const { stall, ...got } = await piped(content, '--peer', `${AT.libtorrent}:7001`, '--peer', `${AT.aria2}:7002`);
    expect(got).toEqual({ code: 0, sha1: sha1(content.files[0]?.bytes) });
    expect(stall).toBeLessThan(STALL);
    expect(readdirSync(world.folder)).toEqual(before);
  });

  it.each([
    ['libtorrent', libtorrent, AT.libtorrent],
    ['aria2', aria2, AT.aria2],
  ])('one file of several from %s', async (_, client, at) => {
    const content = world.content('disc', [1_000_003, 2_500_000, 70_000]);
    await client(world, content, world.lay(content, 'seed'), 7001);
    const { code, sha1: digest } = await piped(content, '--files', '2', '--peer', `${at}:7001`);
    expect({ code, digest }).toEqual({ code: 0, digest: sha1(content.files[1]?.bytes) });
  });
});
