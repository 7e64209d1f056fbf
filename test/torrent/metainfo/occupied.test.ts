import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { type Findings, type FoundStamp, longerFiles, occupiedFiles } from '../../../src/torrent/metainfo/occupied.ts';
import type { ResumeNote } from '../../../src/torrent/pieces/resumeNote.ts';
import { torrentOf } from '../../disk/torrents.ts';

// Pieces of 32: a 0–2, b 3, c 3–4 with no piece of its own but the last, d 5–7.
const files = [
  { path: ['a'], length: 96 },
  { path: ['b'], length: 16 },
  { path: ['c'], length: 40 },
  { path: ['pad'], length: 8, padding: true },
  { path: ['d'], length: 96 },
];
const torrent = torrentOf({ files });
const other = torrentOf({ files, seed: 2 });
const field = (...pieces: number[]): Bitfield => {
  const made = new Bitfield(8);
  for (const piece of pieces) made.set(piece);
  return made;
};
const stamp = (size: number, ino = 7, change: Partial<FoundStamp> = {}): FoundStamp => ({
  size,
  mtime: 5,
  ctime: 6,
  ino,
  allocated: size,
  ...change,
});
const none: FoundStamp = { size: -1, mtime: 0 };
const noteOf = (change: Partial<ResumeNote> = {}): ResumeNote => ({
  infoHash: torrent.infoHash,
  have: field(),
  pending: field(),
  stamps: [none, none, none, none, none],
  boot: '',
  clean: false,
  sound: false,
  downloaded: 0,
  uploaded: 0,
  ...change,
});
const occupied = (stamps: readonly FoundStamp[], change: Partial<Findings> = {}) =>
  occupiedFiles(torrent, { stamps, have: field(), wanted: () => true, note: undefined, others: [], ...change });

describe('occupiedFiles', () => {
  const foreign = [stamp(96), none, none, none, none];

  it('are those in which nothing is right, if nothing of the torrent is there', () => {
    expect(occupied(foreign)).toEqual([{ file: 0 }]);
    expect(occupied([stamp(10), none, none, none, stamp(3)])).toEqual([{ file: 0 }, { file: 4 }]);
    expect(occupied([stamp(0), none, none, none, none])).toEqual([]);
  });

  it('are not those of which a piece is right, nor those that will not be written to', () => {
    expect(occupied(foreign, { have: field(1) })).toEqual([]);
    expect(occupied(foreign, { have: field(0, 1, 2) })).toEqual([]);
    expect(occupied(foreign, { wanted: (piece) => piece > 4 })).toEqual([]);
  });

  it('beside what is right are those that are whole and hold a piece of their own', () => {
    expect(occupied(foreign, { have: field(6) })).toEqual([{ file: 0 }]);
    // With holes: another client may have begun it.
    expect(occupied([stamp(96, 7, { allocated: 32 }), none, none, none, none], { have: field(6) })).toEqual([]);
    // Too small for a piece of its own: its neighbours may be what is missing.
    expect(occupied([none, stamp(16), none, none, none], { have: field(6) })).toEqual([]);
    expect(occupied([stamp(31), none, none, none, none], { have: field(6) })).toEqual([]);
  });

  it('are not those that a run of ours was writing, and not those that are as it left them', () => {
    expect(occupied(foreign, { note: noteOf() })).toEqual([]);
    expect(occupied(foreign, { note: noteOf({ clean: true, stamps: foreign }) })).toEqual([]);
    expect(
      occupied(foreign, { note: noteOf({ clean: true, stamps: [stamp(96, 8), none, none, none, none] }) }),
    ).toEqual([{ file: 0 }]);
  });

  it('are those of another torrent, though something in them is right', () => {
    const theirs = { infoHash: other.infoHash, clean: true, stamps: [stamp(500, 7), stamp(96, 7)] };
    expect(occupied(foreign, { have: field(1), others: [theirs] })).toEqual([{ file: 0, by: other.infoHash }]);
    // All of it is right: nothing will be written there.
    expect(occupied(foreign, { have: field(0, 1, 2), others: [theirs] })).toEqual([]);
    // A file that has been changed since belongs to nobody; one that was still being written to does.
    const before = [stamp(96, 7, { mtime: 4 })];
    expect(occupied(foreign, { have: field(1), others: [{ ...theirs, stamps: before }] })).toEqual([]);
    expect(occupied(foreign, { have: field(1), others: [{ ...theirs, clean: false, stamps: before }] })).toEqual([
      { file: 0, by: other.infoHash },
    ]);
    expect(occupied(foreign, { have: field(1), others: [{ ...theirs, infoHash: torrent.infoHash }] })).toEqual([]);
    // A disk without such numbers tells nothing.
    expect(
      occupied([stamp(96, 0), none, none, none, none], {
        have: field(1),
        others: [{ ...theirs, stamps: [stamp(96, 0)] }],
      }),
    ).toEqual([]);
  });
});

describe('longerFiles', () => {
  it('are those that are wanted and longer, empty ones among them', () => {
    const stamps = [97, 16, 41, 99, 96].map((size) => stamp(size));
    expect(longerFiles(torrent, stamps, () => true)).toEqual([0, 2]);
    expect(longerFiles(torrent, stamps, (file) => file !== 0)).toEqual([2]);
    const empty = torrentOf({ files: [{ path: ['e'], length: 0 }, ...files] });
    expect(longerFiles(empty, [stamp(1), ...stamps.slice(1)], () => true)[0]).toBe(0);
  });
});
