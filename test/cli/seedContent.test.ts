import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { parseMagnet } from '../../src/torrent/metainfo/magnet.ts';
import { contentOf } from '../swarm/content.ts';
import { folder, objects, run, start } from './run.ts';

const MiB = 2 ** 20;
/** Away from the ports that other tests take. */
const PORT = 31_000 + (process.pid % 1000) * 2;
const SHORT = ['--seed-time', '1', '--no-trackers'];

const film = contentOf({ name: 'film.bin', length: MiB + 1, seed: 1 });
const ALBUM = [
  { path: ['one.mp3'], length: 70_000 },
  { path: ['more', 'two.mp3'], length: 50_000 },
];
const album = contentOf({ name: 'album', files: ALBUM, seed: 2 });

/** The folder of the album, called `name`. */
const writeAlbum = (place: string, name = 'album'): string => {
  const root = join(place, name);
  mkdirSync(join(root, 'more'), { recursive: true });
  writeFileSync(join(root, 'one.mp3'), album.bytes.subarray(0, 70_000));
  writeFileSync(join(root, 'more', 'two.mp3'), album.bytes.subarray(70_000));
  return root;
};

/** All that there is below `place`, and when it was changed. */
const snapshot = (place: string): readonly (readonly [string, number])[] =>
  readdirSync(place, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => [name, statSync(join(place, name)).mtimeMs]);

describe('seed of a file or folder', () => {
  it('makes its torrent, prints what leads to it, and gives it to others', async () => {
    const home = folder();
    const path = join(home, 'film.bin');
    writeFileSync(path, film.bytes);
    const before = snapshot(home);
    const seeding = start(
      ['seed', path, '--port', String(PORT), '--ratio', '1', '--tracker', 'http://127.0.0.1:1/announce'],
      {
        env: { RXTORRENT_NO_LISTEN: '0' },
      },
    );
    await seeding.says(/seeding/);
    // Others know the same content by the same hash.
    const link = `magnet:?xt=urn:btih:${toHex(film.torrent.infoHash)}`;
    const got = await run([
      'download',
      link,
      '--no-trackers',
      '--peer',
      `127.0.0.1:${PORT}`,
      '-o',
      join(home, 'out/'),
      '--quiet',
    ]);
    expect(got).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(join(home, 'out', 'film.bin')).equals(film.bytes)).toBe(true);
    const { code, stdout } = await seeding.ended;
    expect(code).toBe(0);
    const [first, hash, magnet = ''] = stdout.split('\n');
    expect(first).toMatch(/film\.bin: 1\.00 MiB in 1 file, 33 pieces of 32\.0 KiB$/);
    expect(hash).toBe(`Info Hash: ${toHex(film.torrent.infoHash)}`);
    const announce = [['http://127.0.0.1:1/announce']];
    expect(parseMagnet(magnet)).toMatchObject({
      infoHash: film.torrent.infoHash,
      name: 'film.bin',
      announce,
      length: MiB + 1,
    });
    expect(snapshot(home).filter(([name]) => !name.startsWith('out'))).toEqual(before);
  });

  it('makes the torrent that create makes, hashes it once, and writes nothing where it is', async () => {
    const home = folder();
    const data = join(home, 'data');
    writeAlbum(data);
    for (const place of [data, join(data, 'album'), join(data, 'album', 'more')]) chmodSync(place, 0o555);
    const before = snapshot(data);
    const { code, stdout } = await run(['seed', join(data, 'album'), ...SHORT, '--json']);
    expect(code).toBe(0);
    const told = objects(stdout);
    expect(told.filter(({ type }) => type === 'hashed')).toHaveLength(4);
    expect(told.filter(({ type }) => type === 'rechecked')).toEqual([]);
    expect(told.filter(({ type }) => type === 'seeded')).toMatchObject([{ reason: 'time' }]);
    expect(snapshot(data)).toEqual(before);
    const created = objects(
      (await run(['create', join(data, 'album'), '-o', join(home, 'x.torrent'), '--json'])).stdout,
    );
    const hashOf = (all: typeof told): unknown => all.find(({ type }) => type === 'created')?.['infoHash'];
    expect(hashOf(told)).toEqual(expect.any(String));
    expect(hashOf(told)).toBe(hashOf(created));
    for (const place of [data, join(data, 'album'), join(data, 'album', 'more')]) chmodSync(place, 0o755);
  });

  it('takes several, and a link to one', async () => {
    const home = folder();
    const path = join(home, 'film.bin');
    writeFileSync(path, film.bytes);
    writeAlbum(home);
    symlinkSync('album', join(home, 'link'));
    const { code, stdout } = await run(['seed', path, join(home, 'link'), ...SHORT]);
    expect(code).toBe(0);
    expect(stdout.match(/^magnet:/gm)).toHaveLength(2);
    expect(stdout).toContain('&dn=link&');
  });

  it('writes the .torrent with --save-torrent, which is no part of it wherever it is', async () => {
    const home = folder();
    const root = writeAlbum(home);
    const saved = join(root, 'album.torrent');
    const seed = ['seed', root, ...SHORT, '--save-torrent', saved];
    expect((await run([...seed, '--quiet'])).code).toBe(0);
    expect((await run(['verify', saved, root, '--quiet'])).code).toBe(0);
    expect(await run(seed)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists already: name another file, or give --force') as string,
    });
    expect((await run([...seed, '--force'])).stdout).toContain('in 2 files');
    const other = join(home, 'film.bin');
    writeFileSync(other, film.bytes);
    expect(await run(['seed', other, root, '--save-torrent', join(home, 'x')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are 2 torrents: name one at a time') as string,
    });
  });

  it('says what it can not be made of', async () => {
    const home = folder();
    const root = writeAlbum(home);
    symlinkSync('one.mp3', join(root, 'link'));
    expect(await run(['seed', root, ...SHORT])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a symbolic link') as string,
    });
    expect(await run(['seed', root, ...SHORT, '--links', 'skip'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('left out') as string,
    });
    const told = async (...args: string[]): Promise<string> => (await run(['seed', ...args, ...SHORT])).stderr;
    expect(await told(join(home, 'none'))).toMatch(
      /^rxtorrent: cannot read .*none: there is no such file, nor is it an http\(s\) URL, a magnet link/,
    );
    expect(await told(root, '--files', '1')).toContain('--files chooses files of a torrent');
    writeFileSync(join(home, 'not.torrent'), 'something else');
    expect(await told(join(home, 'not.torrent'))).toContain('is it really a .torrent file?');
    writeFileSync(join(home, 'x'), film.metainfo);
    expect(await told(join(home, 'x'), root, join(home, 'album'))).toContain(
      'with torrents, name one place for the data of all of them',
    );
  });

  it('seeds the others when one can not be read', async () => {
    const home = folder();
    const path = join(home, 'film.bin');
    writeFileSync(path, film.bytes);
    mkdirSync(join(home, 'empty'));
    const { code, stdout, stderr } = await run(['seed', join(home, 'empty'), path, ...SHORT]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringContaining(`${path}: `) as string });
    expect(stderr).toMatch(/empty: .*there is nothing to share/);
    expect(stderr).toMatch(/rxtorrent: 1 of 2 torrents failed\n$/);
    writeFileSync(join(home, 'broken.torrent'), 'something else');
    writeFileSync(join(home, 'x.torrent'), film.metainfo);
    const two = await run(['seed', join(home, 'broken.torrent'), join(home, 'x.torrent'), ...SHORT]);
    expect(two).toMatchObject({
      code: 2,
      stdout: expect.stringContaining(path) as string,
      stderr: expect.stringContaining('is it really a .torrent') as string,
    });
  });

  it('takes for content what only looks like a .torrent at first', async () => {
    const home = folder();
    const path = join(home, 'diary.txt');
    writeFileSync(path, 'dear diary');
    expect(await run(['seed', path, ...SHORT])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('dn=diary.txt') as string,
    });
  });
});

describe('seed of a .torrent without a path', () => {
  const seeds = async (source: string, cwd: string) => run(['seed', source, ...SHORT], { cwd });

  it.each<[where: string, layout: 'file' | 'folder', place: (home: string) => string]>([
    ['beside it', 'file', (home) => join(home, 'beside')],
    ['beside it', 'folder', (home) => join(home, 'beside')],
    ['in the current folder', 'file', (home) => join(home, 'here')],
    ['in the current folder', 'folder', (home) => join(home, 'here')],
  ])('finds the data %s: a %s', async (_, layout, place) => {
    const home = folder();
    for (const name of ['beside', 'here']) mkdirSync(join(home, name));
    const source = join(home, 'beside', 'x.torrent');
    writeFileSync(source, (layout === 'file' ? film : album).metainfo);
    if (layout === 'file') writeFileSync(join(place(home), 'film.bin'), film.bytes);
    else writeAlbum(place(home));
    const { code, stdout } = await seeds(source, join(home, 'here'));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(join(place(home), layout === 'file' ? 'film.bin' : 'album')) as string,
    });
  });

  it('finds it when the .torrent lies among the files, whatever their folder is called', async () => {
    const home = folder();
    const root = writeAlbum(home, 'renamed');
    const source = join(root, 'x.torrent');
    writeFileSync(source, album.metainfo);
    const before = snapshot(home);
    expect(await seeds(source, folder())).toMatchObject({ code: 0, stdout: expect.stringContaining(root) as string });
    expect(snapshot(home)).toEqual(before);
  });

  it('takes what is whole before what is not', async () => {
    const home = folder();
    for (const name of ['beside', 'here']) mkdirSync(join(home, name));
    const source = join(home, 'beside', 'x.torrent');
    writeFileSync(source, film.metainfo);
    writeFileSync(join(home, 'beside', 'film.bin'), 'something else');
    writeFileSync(join(home, 'here', 'film.bin'), film.bytes);
    expect(await seeds(source, join(home, 'here'))).toMatchObject({ code: 0 });
  });

  it('finds it of a link in the current folder, too', async () => {
    const home = folder();
    writeFileSync(join(home, 'x.torrent'), film.metainfo);
    writeFileSync(join(home, 'film.bin'), film.bytes);
    const first = start(['seed', 'x.torrent', '--port', String(PORT + 1), '--no-trackers', '--json'], {
      env: { RXTORRENT_NO_LISTEN: '0' },
      cwd: home,
    });
    await first.says(/"done"/);
    const there = folder();
    cpSync(join(home, 'film.bin'), join(there, 'film.bin'));
    const link = `magnet:?xt=urn:btih:${toHex(film.torrent.infoHash)}`;
    const { code } = await run(['seed', link, ...SHORT, '--peer', `127.0.0.1:${PORT + 1}`], { cwd: there });
    first.kill('SIGINT');
    await first.ended;
    expect(code).toBe(0);
  });

  it('says where it looked when there is nothing', async () => {
    const home = folder();
    const here = folder();
    const source = join(home, 'x.torrent');
    writeFileSync(source, album.metainfo);
    expect(await seeds(source, here)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `rxtorrent: ${source}: album is not in ${home} or in ${here}: ` +
        `name the place of its data, as in rxtorrent seed ${source} PATH\n`,
    });
    expect((await seeds('x.torrent', home)).stderr).toContain(`album is not in ${home}: name`);
    renameSync(writeAlbum(home), join(home, 'elsewhere'));
    expect((await run(['seed', source, join(home, 'elsewhere', 'one.mp3'), ...SHORT])).stderr).toContain(
      'is a file, and the torrent has several',
    );
  });
});
