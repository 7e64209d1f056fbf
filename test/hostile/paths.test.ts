import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPossible } from '../../src/disk/names/safeName.ts';
import { FOLDER_ROOM, MAX_DEPTH, rootName, safePaths } from '../../src/disk/names/safePath.ts';
import { systemOf } from '../../src/disk/names/system.ts';
import { truePaths } from '../../src/disk/names/truePath.ts';
import { type FileSpec, torrentOf } from '../disk/torrents.ts';
import { filesOf, names, platforms } from './names.ts';
import { folders, placedOn, folder } from './placed.ts';

const placed = (...paths: readonly (readonly string[])[]): string[] => placedOn('linux', paths);

describe('safePaths', () => {
  it('drops `.`, `..` and empty names, and never gives a file no name', () => {
    const paths = [['..', '..', 'etc', 'passwd'], ['.', 'a', '', 'b'], ['..'], []];
    for (const platform of platforms) expect(placedOn(platform, paths)).toEqual(['etc/passwd', 'a/b', '_', '_.1']);
  });

  it('puts one file under its own name, or the one that was asked for', () => {
    const torrent = torrentOf({ layout: 'file', name: '../../x.txt', files: [{ path: ['ignored'], length: 1 }] });
    expect(safePaths(torrent, { folder }, 'linux')).toEqual([`${folder}/.._.._x.txt`]);
    expect(safePaths(torrent, { folder, name: 'mine' }, 'linux')).toEqual([`${folder}/mine`]);
    expect(safePaths(torrent, { folder: 'C:\\', name: 'mine' }, 'win32')).toEqual(['C:\\mine']);
    expect(safePaths(torrentOf({ name: '..' }), { folder }, 'linux')).toEqual([`${folder}/_/a`]);
    expect(safePaths(torrentOf({ name: 'x' }), { folder, name: 'mine' }, 'linux')).toEqual([`${folder}/mine/a`]);
    expect(safePaths(torrentOf({ name: 'x' }), { folder: '/' }, 'linux')).toEqual(['/x/a']);
  });

  it.each(['', '.', '..', 'a/b', '../a', '/a', 'a\0'])('refuses %j as the name that was asked for', (name) => {
    const torrent = torrentOf({ layout: 'file' });
    for (const platform of platforms) {
      const unsafe = expect.objectContaining({ name: 'InputError', code: 'unsafe-path' }) as Error;
      expect(() => safePaths(torrent, { folder: folders[platform], name }, platform)).toThrow(unsafe);
      expect(() => truePaths(torrent, { folder: folders[platform], name }, platform)).toThrow(unsafe);
    }
  });

  it('takes a backslash in the name that was asked for where it is a letter like others', () => {
    const torrent = torrentOf({ layout: 'file' });
    expect(safePaths(torrent, { folder, name: 'a\\b' }, 'linux')).toEqual([`${folder}/a\\b`]);
    expect(() => safePaths(torrent, { folder: 'D:\\', name: 'a\\b' }, 'win32')).toThrow('without folders');
  });

  it('does not let a torrent pose as the notes or the lock of another', () => {
    for (const name of [
      '.other.01234567.rxtorrent',
      '.Other.RXTORRENT.lock',
      '.a.0a1b2c3d.rxtorrent.tmp',
      '.a.rxtorrent.lock.77',
    ])
      for (const platform of platforms) expect(rootName(torrentOf({ name }), { folder }, platform)).toBe(`_${name}`);
    expect(rootName(torrentOf({ name: '.not.rxtorrent-notes' }), { folder }, 'linux')).toBe('.not.rxtorrent-notes');
  });

  it('gives padding no path', () => {
    const files: FileSpec[] = [
      { path: ['a'], length: 1 },
      { path: ['.pad', '1'], length: 1, padding: true },
      { path: ['.pad', '1'], length: 1 },
    ];
    expect(safePaths(torrentOf({ files }), { folder }, 'linux')).toEqual([
      `${folder}/name/a`,
      '',
      `${folder}/name/.pad/1`,
    ]);
    expect(truePaths(torrentOf({ files }), { folder }, 'linux')).toEqual(['', '', '']);
  });

  it('numbers the later of two equal names on every system', () => {
    for (const platform of platforms) {
      expect(placedOn(platform, [['bar.txt'], ['bar.txt'], ['bar.txt'], ['.rc'], ['.rc']])).toEqual([
        'bar.txt',
        'bar.1.txt',
        'bar.2.txt',
        '.rc',
        '.rc.1',
      ]);
      expect(placedOn(platform, [['a'], ['a.1'], ['a']])).toEqual(['a', 'a.1', 'a.2']);
      expect(placedOn(platform, [['a/'], ['a_']])).toEqual(['a_', 'a_.1']);
    }
    expect(placedOn('win32', [['a?'], ['a*']])).toEqual(['a_', 'a_.1']);
  });

  const alike: readonly (readonly string[])[] = [
    ['Readme', 'README', 'readme'],
    ['caf\u00e9', 'cafe\u0301'],
    ['straße', 'STRASSE'],
    ['ß', 'ẞ'],
    ['\u212a', 'k'],
    ['ᾳ', 'ᾼ'],
    ['a\u200cb', 'ab'],
  ];

  it('on Linux names that differ by case or composition alone are different names', () => {
    for (const each of alike)
      expect(
        placedOn(
          'linux',
          each.map((name) => [name]),
        ),
      ).toEqual(each);
    expect(placed(['Dir', 'a'], ['dir', 'a'])).toEqual(['Dir/a', 'dir/a']);
  });

  it('on macOS they are numbered', () => {
    expect(
      alike.map((each) =>
        placedOn(
          'darwin',
          each.map((name) => [name]),
        ).slice(1),
      ),
    ).toEqual([['README.1', 'readme.2'], ['cafe\u0301.1'], ['STRASSE.1'], ['ẞ.1'], ['k.1'], ['ᾼ.1'], ['ab.1']]);
  });

  it('on Windows they are numbered where case alone differs, unit by unit', () => {
    expect(
      alike.map((each) =>
        placedOn(
          'win32',
          each.map((name) => [name]),
        ).slice(1),
      ),
    ).toEqual([['README.1', 'readme.2'], ['cafe\u0301'], ['STRASSE'], ['ẞ'], ['k'], ['ᾼ.1'], ['ab']]);
  });

  it('a number never brings the name of a device to light', () => {
    const name = `con${' '.repeat(251)}x`;
    expect(placedOn('win32', [[name], [name]])[1]).toBe(`_con${' '.repeat(249)}.1`);
  });

  it('keeps a folder together, under one spelling where it is one', () => {
    const dirs = [
      ['Dir', 'a'],
      ['dir', 'b'],
      ['DIR', 'A'],
    ];
    for (const platform of ['darwin', 'win32'] as const)
      expect(placedOn(platform, dirs)).toEqual(['Dir/a', 'Dir/b', 'Dir/A.1']);
    expect(placed(['a', 'x'], ['a'], ['a', 'y'])).toEqual(['a/x', 'a.1', 'a/y']);
    expect(placed(['a'], ['a', 'x'], ['a', 'y'], ['a.1'])).toEqual(['a', 'a.1/x', 'a.1/y', 'a.1.1']);
  });

  it('moves up what lies too deep', () => {
    const deep = Array.from({ length: 150 }, (_, n) => `d${n}`);
    const [file = '', other = ''] = placed([...deep, 'x'], [...deep, 'y', 'x']);
    expect(file.split('/').length).toBe(MAX_DEPTH);
    expect([posix.basename(file), posix.basename(other)]).toEqual(['x', 'x.1']);
  });

  it('moves up what would make a path longer than the system can have, and nothing else', () => {
    const deep = Array.from({ length: 60 }, (_, n) => String(n).padStart(200, 'd'));
    for (const platform of platforms) {
      const { pathSize, maxPath } = systemOf(platform);
      const [file = ''] = placedOn(platform, [[...deep, 'x.mkv']]);
      const kept = file.split('/');
      expect(kept).toEqual([...deep.slice(0, kept.length - 1), 'x.mkv']);
      const length = pathSize(`name/${file}`);
      expect(length).toBeLessThanOrEqual(maxPath - FOLDER_ROOM);
      if (kept.length <= deep.length) expect(length + 201).toBeGreaterThan(maxPath - FOLDER_ROOM);
    }
    expect(placedOn('win32', [[...deep, 'x.mkv']])[0]?.split('/')).toHaveLength(61);
  });

  it('is done with 30,000 equal names before anyone grows old', () => {
    const same = Array.from({ length: 30_000 }, () => ['d', 'x'.repeat(255)]);
    expect(new Set(placed(...same)).size).toBe(30_000);
  });
});

describe('the paths of a torrent, whatever its names', () => {
  const some = { numRuns: 500, seed: 5 };
  const system = fc.constantFrom(...platforms);

  it('stay inside the folder, in names that the system can have', () => {
    fc.assert(
      fc.property(names, filesOf, system, (name, files, platform) => {
        const torrent = torrentOf({ name, files });
        const { path } = systemOf(platform);
        const target = { folder: folders[platform] };
        const top = path.join(target.folder, rootName(torrent, target, platform));
        const safe = safePaths(torrent, target, platform);
        for (const file of safe) expect(file.startsWith(top + path.sep)).toBe(true);
        for (const file of [...safe, ...truePaths(torrent, target, platform)].filter((each) => each !== '')) {
          expect(path.resolve(file)).toBe(file);
          expect(file.startsWith(target.folder + path.sep)).toBe(true);
          for (const part of file.slice(target.folder.length + 1).split(path.sep))
            expect(isPossible(part, systemOf(platform))).toBe(true);
        }
      }),
      some,
    );
  });

  it('differ from one another and from every folder, as the system sees them', () => {
    fc.assert(
      fc.property(filesOf, system, (files, platform) => {
        const { fold, path } = systemOf(platform);
        const torrent = torrentOf({ files });
        const target = { folder: folders[platform] };
        const safe = safePaths(torrent, target, platform).map(fold);
        const also = truePaths(torrent, target, platform).map(fold);
        // A file's own two paths may be one to the disk.
        const all = safe.flatMap((file, n) =>
          also[n] === '' || also[n] === file ? [file] : [file, also[n] as string],
        );
        expect(new Set(all).size).toBe(all.length);
        for (const file of all) expect(all.some((other) => other.startsWith(file + path.sep))).toBe(false);
      }),
      some,
    );
  });

  it('are the same each time, and stay as they are when they are made safe again', () => {
    fc.assert(
      fc.property(filesOf, system, (files, platform) => {
        const paths = placedOn(
          platform,
          files.map(({ path }) => path),
        );
        expect(
          placedOn(
            platform,
            files.map(({ path }) => path),
          ),
        ).toEqual(paths);
        expect(
          placedOn(
            platform,
            paths.map((file) => file.split('/')),
          ),
        ).toEqual(paths);
      }),
      some,
    );
  });

  it('true paths end in the very names of the torrent', () => {
    fc.assert(
      fc.property(names, filesOf, system, (name, files, platform) => {
        const { path } = systemOf(platform);
        const all = truePaths(torrentOf({ name, files }), { folder: folders[platform] }, platform);
        for (const [n, file] of all.entries())
          if (file !== '') expect(file).toBe([folders[platform], name, ...(files[n] as FileSpec).path].join(path.sep));
      }),
      some,
    );
  });
});

it('Windows paths are made with its own separator', () => {
  expect(safePaths(torrentOf({ files: [{ path: ['a', 'b'], length: 1 }] }), { folder: 'D:\\x' }, 'win32')).toEqual([
    win32.join('D:\\x', 'name', 'a', 'b'),
  ]);
});
