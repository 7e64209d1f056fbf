import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { HOST, World } from './world.ts';

const TRACKER = `http://${HOST}:6969/announce`;

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** Files of such lengths at `name`: one, or a folder of them. */
const lay = (name: string, files: number | Readonly<Record<string, number>>): string => {
  const all: [string, number][] =
    typeof files === 'number'
      ? [[name, files]]
      : Object.entries(files).map(([path, size]) => [`${name}/${path}`, size]);
  for (const [path, size] of all) {
    mkdirSync(dirname(world.path(path)), { recursive: true });
    writeFileSync(world.path(path), randomBytes(size));
  }
  return world.path(name);
};

const create = async (...args: readonly string[]): Promise<{ readonly path: string; readonly torrent: Torrent }> => {
  const path = world.path('ours.torrent');
  const { code, err } = await world.run('create', ...args, '-o', path, '--tracker', TRACKER);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return { path, torrent: parseTorrent(new Uint8Array(readFileSync(path))) };
};

const FOLDER = {
  'a/x': 300_000,
  'a-b/y': 1,
  'a.b': 70_000,
  'a/0': 0,
  B: 5,
  '.hidden': 9,
  'ü/é': 100,
  'with space/z': 65_536,
};

describe('the same info-hash as that of mktorrent', () => {
  it.each<readonly [string, number | typeof FOLDER, readonly string[], readonly string[]]>([
    ['of a file', 1_000_001, ['--piece-length', '32K'], ['-l', '15']],
    ['of a file that fills its pieces', 262_144, ['--piece-length', '64K'], ['-l', '16']],
    ['of a folder', FOLDER, ['--piece-length', '64K'], ['-l', '16']],
    [
      'private, with a source',
      FOLDER,
      ['--piece-length', '256K', '--private', '--source', 'here'],
      ['-l', '18', '-p', '-s', 'here'],
    ],
    [
      'by another name, with a comment and web seeds',
      5,
      ['--name', 'other', '--comment', 'x', '--web-seed', TRACKER],
      ['-n', 'other', '-c', 'x', '-w', TRACKER],
    ],
  ])('%s', async (_, files, ours, theirs) => {
    const content = lay('content', files);
    const { torrent } = await create(
      content,
      ...ours,
      ...(ours.includes('--piece-length') ? [] : ['--piece-length', '256K']),
    );
    execFileSync('mktorrent', [...theirs, '-a', TRACKER, '-o', world.path('theirs.torrent'), content]);
    const other = parseTorrent(new Uint8Array(readFileSync(world.path('theirs.torrent'))));
    expect(toHex(torrent.infoHash)).toBe(toHex(other.infoHash));
    expect(Buffer.from(torrent.info)).toEqual(Buffer.from(other.info));
    expect({ announce: torrent.announce, webSeeds: torrent.webSeeds }).toEqual({
      announce: other.announce,
      webSeeds: other.webSeeds,
    });
  });
});

/**
 * What libtorrent reads: info-hash, name, bytes, files, piece length, trackers, and whether the files on disk are those
 * that were hashed.
 */
const LIBTORRENT = `
import json, sys, time, libtorrent as lt
info = lt.torrent_info(sys.argv[1])
session = lt.session({'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'listen_interfaces': '127.0.0.1:0'})
handle = session.add_torrent({'ti': info, 'save_path': sys.argv[2]})
for _ in range(300):
    if handle.status().is_seeding: break
    time.sleep(0.1)
print(json.dumps({'hash': str(info.info_hash()), 'name': info.name(), 'size': info.total_size(),
    'files': info.num_files(), 'piece': info.piece_length(), 'trackers': [t.url for t in info.trackers()],
    'private': info.priv(), 'seeding': handle.status().is_seeding}))
`;

describe.each([
  ['a file', 1_000_001, []],
  ['a folder', FOLDER, []],
  ['a folder with padding, private', FOLDER, ['--padding', '--private', '--piece-length', '32K']],
])('%s opens in', (_, files, options) => {
  it('libtorrent, which finds all of it on disk', async () => {
    const { path, torrent } = await create(lay('content', files), ...options);
    const found: unknown = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', LIBTORRENT, path, world.folder], { encoding: 'utf8' }),
    );
    expect(found).toEqual({
      ...{ hash: toHex(torrent.infoHash), name: 'content', size: torrent.length, files: torrent.files.length },
      ...{ piece: torrent.pieceLength, trackers: [TRACKER], private: torrent.private, seeding: true },
    });
  });

  it('transmission', async () => {
    const { path, torrent } = await create(lay('content', files), ...options);
    const shown = execFileSync('transmission-show', [path], { encoding: 'utf8' });
    expect(shown).toContain(`Hash: ${toHex(torrent.infoHash)}`);
    expect(shown).toContain(`Piece Count: ${torrent.pieceHashes.length / 20}`);
    expect(shown).toContain(TRACKER);
  });

  it('aria2', async () => {
    const { path, torrent } = await create(lay('content', files), ...options);
    const shown = execFileSync('aria2c', ['-S', path], { encoding: 'utf8' });
    expect(shown).toContain(`Info Hash: ${toHex(torrent.infoHash)}`);
    expect(shown).toContain(`The Number of Pieces: ${torrent.pieceHashes.length / 20}`);
    for (const file of torrent.files) expect(shown).toContain(file.path.join('/'));
  });
});
