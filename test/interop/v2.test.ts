import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, libtorrent, opentracker, qbittorrent, type StartClient } from './clients.ts';
import { decode, dictOf } from '../../src/protocol/encoding/bencode.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { contentOf, madeByLibtorrent } from './version2.ts';
import { type Content, listening, TRACKER, World } from './world.ts';

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

/** A link of version 2 only, and the tracker. */
const linkOf = (content: Content): Content => {
  const { infoHashV2 = new Uint8Array() } = parseTorrent(readFileSync(content.torrent));
  const link = `magnet:?xt=urn:btmh:1220${toHex(infoHashV2)}&tr=${encodeURIComponent(TRACKER)}`;
  return { ...content, torrent: link };
};

/** More pieces than are asked for at one time. */
const MANY = [12_000_003, 700_000, 5];

describe.each(Object.entries(clients))('a link of version 2 only, and %s', (_, client) => {
  it('from it', async () => {
    const content = contentOf(world, 'v2', MANY, 16_384);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    await download(linkOf(content), '--save-torrent', world.path('saved.torrent'));
    const [saved, first] = [world.path('saved.torrent'), content.torrent].map((path) =>
      parseTorrent(readFileSync(path)),
    );
    expect(saved?.pieceHashes).toEqual(first?.pieceHashes);
  });

  it('to it', async () => {
    const content = contentOf(world, 'v2', MANY, 16_384);
    await ours(content);
    expect(await gets(client, linkOf(content))).toBe(true);
  });
});

describe.each(Object.entries(clients))('a hybrid torrent, and %s', (_, client) => {
  const sizes = [1_000_003, 0, 65_536, 17, 2_500_000];

  it('from it', async () => {
    const content = contentOf(world, 'hybrid', sizes);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    await download(content);
  });

  it('to it', async () => {
    const content = contentOf(world, 'hybrid', sizes);
    await ours(content);
    expect(await gets(client, content)).toBe(true);
  });

  it('from it, where we know the info-hash of version 2 only', async () => {
    const content = contentOf(world, 'hybrid', sizes);
    await opentracker(world, content);
    await client(world, content, world.lay(content, 'seed'), 7001);
    await announced(content, 1);
    await download(linkOf(content));
  });

  it('to it, where it knows the info-hash of version 2 only', async () => {
    const content = contentOf(world, 'hybrid', sizes);
    await ours(content);
    expect(await gets(client, linkOf(content))).toBe(true);
  });
});

it('a hybrid by a link of version 2 only, from us to us', async () => {
  const content = contentOf(world, 'hybrid', [1_000_003, 70_000]);
  await ours(content);
  await download(linkOf(content));
});

it('by a link, from us to us', async () => {
  const content = contentOf(world, 'v2', MANY, 16_384);
  await ours(content);
  await download(linkOf(content));
});

it('from us to us', async () => {
  const content = contentOf(world, 'v2', [1_000_003, 0, 65_536, 17, 2_500_000]);
  await ours(content);
  await download(content);
});

describe('what create makes', () => {
  const ODD = { 'a/x': 300_000, 'a-b/y': 1, 'a.b': 70_000, 'a/0': 0, B: 5, 'ü/é': 100, z: 131_072 };

  it.each([
    ['v2', 'a file', { content: 1_000_001 }],
    ['v2', 'a folder', ODD],
    ['hybrid', 'a file', { content: 1_000_001 }],
    ['hybrid', 'a folder', ODD],
    ['hybrid', 'a small file', { content: 5 }],
  ] as const)('has the bytes that libtorrent makes: %s, %s', async (version, _, files) => {
    for (const [path, size] of Object.entries(files)) {
      const place = world.path('content' in files ? path : `content/${path}`);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, randomBytes(size));
    }
    const made = world.path('ours.torrent');
    const { code, err } = await world.run(
      ...['create', world.path('content'), `--${version}`, '--piece-length', '64K', '-o', made],
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    madeByLibtorrent(world.path('content'), version, 65_536, world.path('theirs.torrent'));
    const [ours, theirs] = [made, world.path('theirs.torrent')].map((path) => parseTorrent(readFileSync(path)));
    expect(Buffer.from(ours?.info ?? []).toString('latin1')).toBe(Buffer.from(theirs?.info ?? []).toString('latin1'));
    expect([ours?.infoHash, ours?.infoHashV2]).toEqual([theirs?.infoHash, theirs?.infoHashV2]);
    expect(ours?.pieceHashes).toEqual(theirs?.pieceHashes);
    const layers = [made, world.path('theirs.torrent')].map((path) =>
      dictOf(decode(readFileSync(path)))?.get('piece layers'),
    );
    expect(layers[0]).toEqual(layers[1]);
  });
});
