import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hiddenName } from '../../../src/disk/names/hiddenName.ts';
import { existingTarget, targetOf } from '../../../src/cli/input/target.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { contentOf } from '../../swarm/content.ts';
import { peer } from '../../swarm/fixture.ts';
import { folder, run, start } from '../run.ts';

const of = (name: string, ...paths: string[]) =>
  contentOf({ name, files: paths.map((path) => ({ path: path.split('/'), length: 10 })) }).torrent;

const show = of('show', 'a.txt', 'Season 1/e1.mkv', 'Season 2/e1.mkv');

/** Makes files, and folders that end in `/`, in a new folder. */
const made = (...paths: string[]): string => {
  const home = folder();
  for (const path of paths) {
    mkdirSync(join(home, dirname(path)), { recursive: true });
    if (path.endsWith('/')) mkdirSync(join(home, path), { recursive: true });
    else if (path.endsWith('.lock')) symlinkSync('{"pid":1}', join(home, path));
    else writeFileSync(join(home, path), '');
  }
  return home;
};

const noteOf = (name: string): string => hiddenName(name, `${toHex(show.infoHash).slice(0, 8)}.rxtorrent`);
const lockOf = (name: string): string => hiddenName(name, 'rxtorrent.lock');

describe('where download puts a folder of files', () => {
  const INTO = { into: true };
  const AS = { into: false };

  it.each<[what: string, there: readonly string[], output: string, where: { into: boolean }]>([
    ['nothing is there', [], 'new', AS],
    ['nothing is there, and it ends in /', [], 'new/', INTO],
    ['an empty folder', ['new/'], 'new', INTO],
    ['a folder of other things', ['new/x', 'new/y/'], 'new', INTO],
    ['a folder that has the like, among other things', ['new/a.txt', 'new/x'], 'new', INTO],
    ['a folder that the torrent is in', ['new/show/a.txt'], 'new', INTO],
    [
      'a folder that the torrent has been put in beside what looks like it',
      ['new/show/a.txt', 'new/a.txt'],
      'new',
      INTO,
    ],
    ['its own folder, all of it', ['new/a.txt', 'new/Season 1/', 'new/Season 2/', 'new/x'], 'new', AS],
    ['the same, and it ends in /', ['new/a.txt', 'new/Season 1/', 'new/Season 2/', 'new/x'], 'new/', AS],
    ['its own folder, a part of it', ['new/Season 1/', 'new/.DS_Store'], 'new', AS],
    ['a part of it, and it ends in /', ['new/Season 1/'], 'new/', INTO],
    ['what has a name of the torrent, but is a file', ['new/Season 1'], 'new', INTO],
    ['a folder that our note says is its own', [noteOf('new'), 'new/x'], 'new/', AS],
    ["a folder that another's note stands beside", ['.new.00000000.rxtorrent', 'new/x'], 'new', INTO],
    ['an empty folder that a lock stands beside', [lockOf('new'), 'new/'], 'new', AS],
    ['a folder that we were to put it in, and a lock in it', [`new/${lockOf('show')}`], 'new', INTO],
  ])('%s', async (_, there, output, { into }) => {
    const home = made(...there);
    expect(await targetOf(show, `${home}/${output}`)).toEqual(
      into ? { folder: join(home, 'new') } : { folder: home, name: 'new' },
    );
  });

  it('not where a file is', async () => {
    await expect(targetOf(show, join(made('new'), 'new'))).rejects.toThrow('is a file, and the torrent needs a folder');
  });

  it('a torrent that has a folder of its own name in it is found as any other', async () => {
    const twin = of('show', 'show/e1.mkv');
    expect(await targetOf(twin, join(made('new/show/e1.mkv'), 'new'))).toMatchObject({ name: 'new' });
    const home = made('new/show/show/e1.mkv');
    expect(await targetOf(twin, join(home, 'new'))).toEqual({ folder: join(home, 'new') });
  });

  it('one file goes into a folder, or under the name', async () => {
    const one = contentOf({ name: 'one', length: 10 }).torrent;
    const home = made('new/');
    expect(await targetOf(one, join(home, 'new'))).toEqual({ folder: join(home, 'new') });
    expect(await targetOf(one, `${home}/other/`)).toEqual({ folder: join(home, 'other') });
    expect(await targetOf(one, join(home, 'other'))).toEqual({ folder: home, name: 'other' });
  });
});

describe('where seed and verify find it', () => {
  it.each<[there: readonly string[], path: string, found: (home: string) => object]>([
    [['show/a.txt'], '.', (home) => ({ folder: home })],
    [['show/a.txt'], 'show', (home) => ({ folder: home })],
    [['show/a.txt'], 'show/', (home) => ({ folder: home })],
    [['show/x'], 'show', (home) => ({ folder: home })],
    [['new/a.txt', 'new/x'], 'new', (home) => ({ folder: home, name: 'new' })],
    [['new/Season 2/e1.mkv'], 'new/', (home) => ({ folder: home, name: 'new' })],
    [['new/show/a.txt'], 'new', (home) => ({ folder: join(home, 'new') })],
    [['show/show/a.txt'], 'show', (home) => ({ folder: join(home, 'show') })],
    [['new/x'], 'new', (home) => ({ folder: join(home, 'new') })],
  ])('%j: %s', async (there, path, found) => {
    const home = made(...there);
    expect(await existingTarget(show, join(home, path))).toEqual(found(home));
  });

  it('through a link, too, and under the names that the torrent has', async () => {
    const home = made('real/a.txt');
    symlinkSync(join(home, 'real'), join(home, 'link'));
    expect(await existingTarget(show, join(home, 'link'))).toEqual({ folder: home, name: 'link' });
    const odd = of('o\u202edd', 'x\u202ey.txt', 'b');
    const there = made('o\u202edd/b', 'new/x\u202ey.txt');
    expect(await existingTarget(odd, join(there, 'o\u202edd'))).toEqual({ folder: there });
    expect(await existingTarget(odd, join(there, 'new'))).toEqual({ folder: there, name: 'new' });
  });

  it('not where nothing is', async () => {
    await expect(existingTarget(show, join(made(), 'new'))).rejects.toThrow('there is no such file or folder');
  });
});

describe('a folder under another name', () => {
  const content = contentOf({
    name: 'show',
    pieceLength: 16_384,
    files: [
      { path: ['a.txt'], length: 40_000 },
      { path: ['Season 1', 'e1.mkv'], length: 40_000 },
    ],
  });
  const place = () => {
    const home = folder();
    writeFileSync(join(home, 'show.torrent'), content.metainfo);
    return { home, torrent: join(home, 'show.torrent'), out: join(home, 'new') };
  };

  it('is downloaded, gone on with, verified and seeded', async () => {
    const { home, torrent, out } = place();
    const seed = await peer(content);
    const from = ['--no-trackers', '--peer', `127.0.0.1:${seed.port}`, '--quiet'];
    expect(await run(['download', torrent, '-o', out, ...from])).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(out).sort()).toEqual(['Season 1', 'a.txt']);
    expect(readFileSync(join(out, 'Season 1', 'e1.mkv')).equals(content.bytes.subarray(40_000))).toBe(true);
    const pieces = seed.wholePieces().length;
    for (const path of [out, `${out}/`]) {
      expect(await run(['download', torrent, '-o', path, ...from])).toMatchObject({ code: 0 });
      expect(await run(['verify', torrent, path, '--quiet'])).toMatchObject({ code: 0 });
      expect(await run(['seed', torrent, path, '--no-trackers', '--seed-time', '0.1', '--quiet'])).toMatchObject({
        code: 0,
      });
    }
    expect(seed.wholePieces()).toHaveLength(pieces);
    expect(
      readdirSync(home)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['new', 'show.torrent']);
  });

  it('is the same after a download that was killed before any file was there', async () => {
    const { home, torrent, out } = place();
    const silent = await peer(content, { unchokeAfter: Infinity });
    const running = start(['download', torrent, '-o', out, '--no-trackers', '--peer', `127.0.0.1:${silent.port}`]);
    await expect.poll(() => silent.connected, { timeout: 20_000 }).toBe(1);
    running.kill('SIGKILL');
    await running.ended;
    expect(existsSync(join(out, 'a.txt'))).toBe(false);
    const seed = await peer(content);
    const again = ['download', torrent, '-o', out, '--no-trackers', '--peer', `127.0.0.1:${seed.port}`, '--quiet'];
    expect(await run(again)).toMatchObject({ code: 0 });
    expect(readdirSync(out).sort()).toEqual(['Season 1', 'a.txt']);
    expect(
      readdirSync(home)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['new', 'show.torrent']);
  });
});
