import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { TinyTracker } from '../swarm/tracker.ts';
import { aria2, libtorrent, type StartClient } from './clients.ts';
import { HOST, listening, World } from './world.ts';

/** Names that both keep as they are. */
const KEPT = [
  'Band: Live? "No" *1*.mkv',
  'And so on...',
  'a|b<c>.txt',
  'con.txt',
  ' blank',
  'ab\u200cمی \u{1F468}\u200d\u{1F467}.txt',
  'caf\u00e9',
  'cafe\u0301',
];
const LONG = `${'n'.repeat(246)}.mkv`;

let world: World;
let tracker: TinyTracker;

beforeEach(async () => {
  world = new World();
  tracker = await TinyTracker.listen([{ host: HOST, port: 7000 }]);
});
afterEach(async () => {
  await world.end();
  await tracker.close();
});

/** A .torrent of files of such names; what is in them lies in `folder`. */
const lay = (names: readonly string[], folder: string): string => {
  const bytes = names.map(() => randomBytes(20_000));
  mkdirSync(world.path(folder, 'pack'), { recursive: true });
  for (const [n, name] of names.entries()) writeFileSync(world.path(folder, 'pack', name), bytes[n] as Uint8Array);
  const all = Buffer.concat(bytes);
  const pieceHashes = new Uint8Array(
    Buffer.concat(
      Array.from({ length: Math.ceil(all.length / 16_384) }, (_, n) =>
        createHash('sha1')
          .update(all.subarray(n * 16_384, (n + 1) * 16_384))
          .digest(),
      ),
    ),
  );
  const files = names.map((name) => ({ path: [name], length: 20_000 }));
  const torrent = world.path('pack.torrent');
  writeFileSync(
    torrent,
    encodeTorrent({ name: 'pack', files, pieceLength: 16_384, pieceHashes, announce: [[tracker.url]] }),
  );
  return torrent;
};

const complete = async (torrent: string, folder: string): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    if ((await world.run('verify', torrent, folder)).code === 0) return;
    await new Promise((done) => setTimeout(done, 200));
  }
};

const clients: readonly (readonly [name: string, start: StartClient, names: readonly string[]])[] = [
  ['aria2', aria2, [...KEPT, LONG, 'README', 'readme', 'right\u202eleft.txt']],
  ['libtorrent', libtorrent, KEPT],
];

describe.each(clients)('what %s has downloaded under the names of the torrent', (who, start, names) => {
  it('is found, not fetched again, and seeded', async () => {
    const torrent = lay(names, 'ours');
    world.ours('seed', torrent, world.path('ours'), '--port', '7000', '--no-dht', '--no-lsd', '--no-trackers');
    await listening(7000);
    const folder = world.path(who);
    mkdirSync(folder);
    await start(world, { name: 'pack', files: [], torrent, infoHash: '' }, folder, 7001);
    await complete(torrent, folder);
    expect(
      readdirSync(join(folder, 'pack'))
        .filter((name) => !name.endsWith('.aria2'))
        .sort(),
    ).toEqual([...names].sort());
    const again = await world.run(
      'download',
      torrent,
      '-o',
      folder,
      '--no-dht',
      '--no-lsd',
      '--no-trackers',
      '--peer',
      `${HOST}:9`,
      '--json',
    );
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).not.toContain('"type":"stored"');
    const last = await world.run(
      'seed',
      torrent,
      folder,
      '--no-dht',
      '--no-lsd',
      '--no-trackers',
      '--seed-time',
      '0.5',
    );
    expect(last.code).toBe(0);
  });
});
