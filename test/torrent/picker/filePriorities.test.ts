import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FilePriority, piecePriorities } from '../../../src/torrent/picker/filePriorities.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { torrentOf } from '../../disk/torrents.ts';

// Pieces of 32: a 0–1, b 1–2, an empty file, c 3–7 behind padding.
const torrent = torrentOf({
  files: [
    { path: ['a'], length: 50 },
    { path: ['b'], length: 30 },
    { path: ['empty'], length: 0 },
    { path: ['pad'], length: 16, padding: true },
    { path: ['c'], length: 140 },
  ],
});
const geometry = new Geometry(torrent);
const pieces = (given: readonly FilePriority[], wants: (file: number) => boolean = () => true): readonly number[] => [
  ...piecePriorities(torrent, geometry, given, wants),
];

describe('piecePriorities', () => {
  it('are 0 unless given', () => expect(pieces([])).toEqual([0, 0, 0, 0, 0, 0, 0, 0]));

  it('a piece in two files has the higher one', () => {
    expect(pieces([{ files: [[0, 0]], priority: 5 }])).toEqual([5, 5, 0, 0, 0, 0, 0, 0]);
    expect(pieces([{ files: [[0, 0]], priority: -5 }])).toEqual([-5, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('of a file that is not wanted counts for nothing', () => {
    expect(pieces([{ files: [[0, 0]], priority: 5 }], (file) => file !== 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const low: FilePriority[] = [{ files: [[0, 0]], priority: -5 }];
    expect(pieces(low, (file) => file === 0)).toEqual([-5, -5, 0, 0, 0, 0, 0, 0]);
  });

  it('the last one that is given to a file counts', () => {
    const [low, high]: [FilePriority, FilePriority] = [{ priority: -1 }, { files: [[4, 4]], priority: 1 }];
    expect(pieces([low, high])).toEqual([-1, -1, -1, 1, 1, 1, 1, 1]);
    expect(pieces([high, low])).toEqual([-1, -1, -1, -1, -1, -1, -1, -1]);
  });

  it('the ends of a file are its first and its last piece, and are never later than the rest of it', () => {
    expect(pieces([{ files: [[4, 4]], priority: 9, ends: true }])).toEqual([0, 0, 0, 9, 0, 0, 0, 9]);
    expect(pieces([{ priority: 3 }, { files: [[4, 4]], priority: 1, ends: true }])).toEqual([3, 3, 3, 3, 3, 3, 3, 3]);
  });

  it('an empty file, padding and files that do not exist have none', () => {
    expect(pieces([{ files: [[2, 3]], priority: 9, ends: true }])).toEqual(pieces([]));
    expect(pieces([{ files: [[70, 99]], priority: 9 }])).toEqual(pieces([]));
  });

  it('every piece has that of one of its wanted files, and none of them a higher one', () => {
    const rule = fc.record({ file: fc.nat(5), priority: fc.integer({ min: -128, max: 127 }) });
    fc.assert(
      fc.property(fc.array(rule), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (rules, wanted) => {
        const given = rules.map(({ file, priority }) => ({ files: [[file, file]] as const, priority }));
        const own = (file: number): number => rules.findLast((rule) => rule.file === file)?.priority ?? 0;
        const wants = (file: number): boolean => wanted[file] === true;
        const expected = Array.from({ length: geometry.pieceCount }, (_, piece) => {
          const there = torrent.files.flatMap(({ offset, length, padding }, file) =>
            !padding && wants(file) && offset < (piece + 1) * 32 && offset + length > piece * 32 && length > 0
              ? [own(file)]
              : [],
          );
          return there.length === 0 ? 0 : Math.max(...there);
        });
        expect(pieces(given, wants)).toEqual(expected);
      }),
    );
  });
});
