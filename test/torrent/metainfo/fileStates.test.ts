import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { fileStates } from '../../../src/torrent/metainfo/fileStates.ts';
import { torrentOf } from '../../disk/torrents.ts';

// Pieces of 32: a 0–1, b 1–2, an empty file, c 3–4 behind padding.
const torrent = torrentOf({
  files: [
    { path: ['a'], length: 50 },
    { path: ['b'], length: 30 },
    { path: ['empty'], length: 0 },
    { path: ['pad'], length: 16, padding: true },
    { path: ['c'], length: 40 },
  ],
});
const all = [50, 30, 0, -1, 40];

const states = (sizes: readonly number[], ...wrong: number[]): string => {
  const right = new Bitfield(5);
  for (const piece of [0, 1, 2, 3, 4]) if (!wrong.includes(piece)) right.set(piece);
  const stamps = sizes.map((size) => ({ size, mtime: 0 }));
  return fileStates(torrent, stamps, right)
    .map(({ file, state }) => `${file} ${state}`)
    .join(', ');
};

describe('fileStates', () => {
  it.each<[string, number[], number[], string]>([
    ['all is right', all, [], '0 complete, 1 complete, 2 complete, 4 complete'],
    ['a byte is wrong', all, [0], '0 damaged, 1 complete, 2 complete, 4 complete'],
    ['a shared byte is wrong', all, [1], '0 damaged, 1 damaged, 2 complete, 4 complete'],
    ['there is something behind an end', [51, 30, 0, -1, 40], [], '0 too-long, 1 complete, 2 complete, 4 complete'],
    [
      'there is something behind the last end',
      [50, 30, 0, -1, 99],
      [],
      '0 complete, 1 complete, 2 complete, 4 too-long',
    ],
    ['there is something in an empty file', [50, 30, 7, -1, 40], [], '0 complete, 1 complete, 2 too-long, 4 complete'],
    ['an empty file is not there', [50, 30, -1, -1, 40], [], '0 complete, 1 complete, 2 missing, 4 complete'],
    [
      'a file is not there, and its neighbour can not be told',
      [50, -1, 0, -1, 40],
      [1, 2],
      '0 unknown, 1 missing, 2 complete, 4 complete',
    ],
    [
      'a file is short behind what its neighbour shares',
      [50, 20, 0, -1, 40],
      [2],
      '0 complete, 1 too-short, 2 complete, 4 complete',
    ],
    [
      'a file is short, and a piece of its neighbour alone is wrong',
      [50, 1, 0, -1, 40],
      [0, 1, 2],
      '0 damaged, 1 too-short, 2 complete, 4 complete',
    ],
    ['there is nothing', [-1, -1, -1, -1, -1], [0, 1, 2, 3, 4], '0 missing, 1 missing, 2 missing, 4 missing'],
    [
      'zeros are missing, and so the hash is right',
      [50, 30, 0, -1, 39],
      [],
      '0 complete, 1 complete, 2 complete, 4 too-short',
    ],
  ])('%s', (_, sizes, wrong, expected) => {
    expect(states(sizes, ...wrong)).toBe(expected);
  });

  it('says nothing of what is not wanted', () => {
    const stamps = all.map((size) => ({ size, mtime: 0 }));
    expect(fileStates(torrent, stamps, new Bitfield(5), (file) => file === 4)).toEqual([
      { file: 4, state: 'damaged', size: 40 },
    ]);
  });
});
