import { describe, expect, it } from 'vitest';
import { filePlaces } from '../../../src/disk/files/filePlaces.ts';
import { torrentOf } from '../torrents.ts';

const files = [
  { path: ['a', 'what?.txt'], length: 1 },
  { path: ['.pad', '1'], length: 1, padding: true },
  { path: ['plain'], length: 1 },
];

describe('filePlaces', () => {
  it('says of each file where it goes below the folder, what the torrent calls it, and whether that differs', () => {
    expect(filePlaces(torrentOf({ name: 'pack', files }), 'win32')).toEqual([
      { path: 'pack/a/what_.txt', originalPath: 'pack/a/what?.txt', renamed: true },
      { path: '', originalPath: 'pack/.pad/1', renamed: false },
      { path: 'pack/plain', originalPath: 'pack/plain', renamed: false },
    ]);
  });

  it('knows a single file by its name alone', () => {
    expect(filePlaces(torrentOf({ name: 'a/b', layout: 'file', files: [{ path: ['a/b'], length: 1 }] }))).toEqual([
      { path: 'a_b', originalPath: 'a/b', renamed: true },
    ]);
  });
});
