import { describe, expect, it } from 'vitest';
import { truePaths } from '../../src/disk/names/truePath.ts';
import { torrentOf } from '../disk/torrents.ts';
import { platforms } from './names.ts';
import { type Platform, placedOn, folder } from './placed.ts';

describe('truePaths', () => {
  const truly = (platform: Platform, ...paths: readonly (readonly string[])[]): string[] =>
    placedOn(platform, paths, truePaths);

  it('are the names as they are where the system can have them and we would not give them', () => {
    expect(truly('linux', ['plain'], ['a\u202eb'], ['c\nd', 'e'], ['f:g'])).toEqual(['', 'a\u202eb', 'c\nd/e', '']);
    expect(truly('darwin', ['plain'], ['a\u202eb'], ['c\nd', 'e'], ['f:g'])).toEqual(['', 'a\u202eb', 'c\nd/e', 'f:g']);
    expect(truly('win32', ['plain'], ['a\u202eb'], ['c\nd', 'e'], ['f:g'], ['h\x85'])).toEqual([
      '',
      'a\u202eb',
      '',
      '',
      'h\x85',
    ]);
  });

  it('are none where no file can be called so, or where the path would lead elsewhere', () => {
    const impossible = [
      ['a/b'],
      ['..', 'c'],
      ['.'],
      [''],
      ['a', '', 'b'],
      ['d\0'],
      ['x'.repeat(256)],
      ['\ud800'],
      ['..\u202e/..'],
    ];
    for (const platform of platforms) expect(truly(platform, ...impossible)).toEqual(impossible.map(() => ''));
    expect(truly('win32', ['con\x85'], ['con'], ['a.'], ['a '], ['..\\x'], ['C:x'])).toEqual([
      'con\x85',
      '',
      '',
      '',
      '',
      '',
    ]);
  });

  it('are none where another file of the torrent is, or where it has a folder', () => {
    expect(truly('linux', ['a'], ['a'])).toEqual(['', '']);
    expect(truly('linux', ['\u202eab'], ['ab'])).toEqual(['\u202eab', '']);
    expect(truly('linux', ['a\u202e'], ['a\u202e'])).toEqual(['a\u202e', '']);
    expect(truly('linux', ['a\u202e'], ['a\u202e', 'b'])).toEqual(['a\u202e', '']);
    expect(truly('win32', ['A\u202e'], ['a\u202e'])).toEqual(['A\u202e', '']);
  });

  it('have the name that the user chose, and the torrent’s own name where none was', () => {
    const torrent = torrentOf({
      name: 'a\u202eb',
      files: [
        { path: ['c\u2066'], length: 1 },
        { path: ['d'], length: 1 },
      ],
    });
    expect(truePaths(torrent, { folder }, 'linux')).toEqual([`${folder}/a\u202eb/c\u2066`, `${folder}/a\u202eb/d`]);
    expect(truePaths(torrent, { folder, name: 'mine' }, 'linux')).toEqual([`${folder}/mine/c\u2066`, '']);
    const single = torrentOf({ name: 'a\u202eb', layout: 'file', files: [{ path: ['a\u202eb'], length: 1 }] });
    expect(truePaths(single, { folder }, 'linux')).toEqual([`${folder}/a\u202eb`]);
    expect(truePaths(single, { folder, name: 'mine' }, 'linux')).toEqual(['']);
  });

  it('never are the notes or the lock of another torrent', () => {
    for (const name of ['.other.01234567.rxtorrent', '.other.rxtorrent.lock', '.a\u202eb.rxtorrent.lock']) {
      const torrent = torrentOf({ name, layout: 'file', files: [{ path: [name], length: 1 }] });
      expect(truePaths(torrent, { folder }, 'linux')).toEqual(['']);
    }
  });

  it('are none where the path is too long', () => {
    const deep = Array.from({ length: 20 }, () => `${'d'.repeat(200)}\u202e`);
    expect(truly('linux', [...deep, 'x'])).toEqual(['']);
  });
});
