import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import {
  decodeResume,
  encodeResume,
  type ResumeNote,
  type Stamp,
  trusted,
} from '../../../src/torrent/pieces/resumeNote.ts';
import { torrentOf } from '../../disk/torrents.ts';

// Pieces of 32: a 0–1, b 1–2 (piece 1 is shared), an empty file, c 3–4 behind padding.
const torrent = torrentOf({
  files: [
    { path: ['a'], length: 50 },
    { path: ['b'], length: 30 },
    { path: ['empty'], length: 0 },
    { path: ['pad'], length: 16, padding: true },
    { path: ['c'], length: 40 },
  ],
});
const stampsOf = (sizes: readonly number[], mtime = 1000.25): Stamp[] =>
  sizes.map((size, n) =>
    size < 0 ? { size, mtime: 0, ctime: 0, ino: 0 } : { size, mtime, ctime: 2000.5, ino: n + 1 },
  );
const present = stampsOf([50, 30, 0, -1, 40]);
const fieldOf = (...pieces: number[]): Bitfield => {
  const field = new Bitfield(5);
  for (const piece of pieces) field.set(piece);
  return field;
};
const noteOf = (change: Partial<ResumeNote> = {}): ResumeNote => ({
  infoHash: torrent.infoHash,
  have: fieldOf(0, 1, 3),
  pending: fieldOf(),
  stamps: present,
  boot: 'boot-1',
  clean: false,
  sound: false,
  downloaded: 2 ** 45 + 1,
  uploaded: 7,
  ...change,
});
const result = (note: ResumeNote | undefined, now: readonly Stamp[], boot = 'boot-1') => {
  const { have, doubtful } = trusted(note, now, boot, torrent);
  have.check();
  return { have: [0, 1, 2, 3, 4].filter((piece) => have.has(piece)), doubtful };
};
const changedAt = (...files: number[]): Stamp[] =>
  present.map((stamp, n) => (files.includes(n) ? { ...stamp, mtime: stamp.mtime + 0.001 } : stamp));
const absentAt = (...files: number[]): Stamp[] =>
  present.map((stamp, n) => (files.includes(n) ? { size: -1, mtime: 0 } : stamp));

describe('encodeResume and decodeResume', () => {
  it('give back what was encoded', () => {
    expect(decodeResume(encodeResume(noteOf()), torrent)).toEqual(noteOf());
    expect(decodeResume(encodeResume(noteOf({ clean: true, boot: '' })), torrent)).toEqual(
      noteOf({ clean: true, boot: '' }),
    );
  });

  it('give back any stamps, pieces and boots', () => {
    const stamp = fc.record({
      size: fc.integer({ min: -1 }),
      mtime: fc.double({ noNaN: true }),
      ctime: fc.double({ noNaN: true }),
      ino: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(
        fc.array(stamp, { minLength: 5, maxLength: 5 }),
        fc.subarray([0, 1, 2, 3, 4]),
        fc.subarray([0, 1, 2, 3, 4]),
        fc.string({ maxLength: 60 }),
        (stamps, pieces, late, boot) => {
          const note = noteOf({ stamps, have: fieldOf(...pieces), pending: fieldOf(...late), boot });
          expect(decodeResume(encodeResume(note), torrent)).toEqual(note);
        },
      ),
    );
  });

  it('read from the middle of a larger buffer', () => {
    const encoded = encodeResume(noteOf());
    const larger = new Uint8Array(encoded.length + 7);
    larger.set(encoded, 3);
    expect(decodeResume(larger.subarray(3, 3 + encoded.length), torrent)).toEqual(noteOf());
  });

  it('refuse the note of another torrent, or of another shape', () => {
    expect(
      decodeResume(encodeResume(noteOf()), { ...torrent, infoHash: torrentOf({ seed: 2 }).infoHash }),
    ).toBeUndefined();
    expect(
      decodeResume(encodeResume(noteOf({ have: new Bitfield(6), pending: new Bitfield(6) })), torrent),
    ).toBeUndefined();
    expect(decodeResume(encodeResume(noteOf({ stamps: present.slice(1) })), torrent)).toBeUndefined();
    expect(decodeResume(encodeResume(noteOf({ downloaded: -1 })), torrent)).toBeUndefined();
    expect(decodeResume(encodeResume(noteOf({ uploaded: Number.NaN })), torrent)).toBeUndefined();
  });
});

describe('trusted', () => {
  it('does not believe that a file is as it was if it is another one, or its name or rights have changed', () => {
    const other = (change: Partial<Stamp>): Stamp[] =>
      present.map((stamp, n) => (n === 4 ? { ...stamp, ...change } : stamp));
    expect(result(noteOf(), other({ ino: 99 }))).toEqual({ have: [0, 1], doubtful: [3, 4] });
    expect(result(noteOf(), other({ ctime: 2001 }))).toEqual({ have: [0, 1], doubtful: [3, 4] });
    // A disk that does not tell is believed.
    expect(result(noteOf(), other({ ctime: 0, ino: 0 }))).toEqual({ have: [0, 1, 3], doubtful: [] });
  });

  it('believes the note when nothing changed', () => {
    expect(result(noteOf(), present)).toEqual({ have: [0, 1, 3], doubtful: [] });
  });

  it('looks at what may have been written since the copy, even when nothing changed', () => {
    expect(result(noteOf({ pending: fieldOf(2, 3) }), present)).toEqual({ have: [0, 1, 3], doubtful: [2] });
    expect(result(noteOf({ pending: fieldOf(4) }), absentAt(4))).toEqual({ have: [0, 1], doubtful: [] });
  });

  it('doubts every piece that touches a changed file, and no other', () => {
    expect(result(noteOf(), changedAt(0))).toEqual({ have: [3], doubtful: [0, 1] });
    expect(result(noteOf(), changedAt(1))).toEqual({ have: [0, 3], doubtful: [1, 2] });
    expect(result(noteOf(), changedAt(4))).toEqual({ have: [0, 1], doubtful: [3, 4] });
  });

  it('doubts a file of another size, even with the same mtime', () => {
    const longer = present.map((stamp, n) => (n === 4 ? { ...stamp, size: 41 } : stamp));
    expect(result(noteOf(), longer).doubtful).toEqual([3, 4]);
    const short = stampsOf([50, 30, 0, -1, 10]);
    expect(result(noteOf({ stamps: short }), short).doubtful).toEqual([3, 4]);
  });

  it('takes pieces of missing and of zero-size files for missing, unless another of their files is there', () => {
    expect(result(noteOf(), absentAt(4))).toEqual({ have: [0, 1], doubtful: [] });
    expect(result(noteOf(), absentAt(0))).toEqual({ have: [3], doubtful: [1] });
    expect(result(noteOf(), stampsOf([0, 0, 0, -1, 0]))).toEqual({ have: [], doubtful: [] });
  });

  it('does not care for empty files and padding', () => {
    expect(result(noteOf(), changedAt(2, 3))).toEqual({ have: [0, 1, 3], doubtful: [] });
    expect(result(noteOf(), absentAt(2))).toEqual({ have: [0, 1, 3], doubtful: [] });
  });

  it('doubts everything on disk after the machine restarted, unless the note was a clean one', () => {
    expect(result(noteOf(), present, 'boot-2')).toEqual({ have: [], doubtful: [0, 1, 2, 3, 4] });
    expect(result(noteOf(), absentAt(4), 'boot-2')).toEqual({ have: [], doubtful: [0, 1, 2] });
    expect(result(noteOf({ clean: true }), present, 'boot-2')).toEqual({ have: [0, 1, 3], doubtful: [] });
    expect(result(noteOf({ clean: true }), changedAt(4), 'boot-2')).toEqual({ have: [0, 1], doubtful: [3, 4] });
  });

  it('without a note looks at everything that is on disk', () => {
    expect(result(undefined, present)).toEqual({ have: [], doubtful: [0, 1, 2, 3, 4] });
    expect(result(undefined, absentAt(0, 1))).toEqual({ have: [], doubtful: [3, 4] });
    expect(result(undefined, [])).toEqual({ have: [], doubtful: [] });
  });

  it('never believes a piece of a file that differs in any way', () => {
    const stamp = fc.record({
      size: fc.constantFrom(-1, 0, 30, 40, 50, 60),
      mtime: fc.constantFrom(0, 1000.25, 1000.5),
    });
    fc.assert(
      fc.property(
        fc.array(stamp, { minLength: 5, maxLength: 5 }),
        fc.boolean(),
        fc.constantFrom('boot-1', 'boot-2'),
        (now, clean, boot) => {
          const { have, doubtful } = result(noteOf({ have: fieldOf(0, 1, 2, 3, 4), clean }), now, boot);
          const filesOf = [[0], [0, 1], [1], [4], [4]];
          for (const piece of have) {
            expect(clean || boot === 'boot-1').toBe(true);
            for (const file of filesOf[piece] ?? []) expect(present[file]).toMatchObject(now[file] ?? {});
            expect(doubtful).not.toContain(piece);
          }
          for (const piece of doubtful) expect(filesOf[piece]?.some((file) => (now[file]?.size ?? 0) > 0)).toBe(true);
        },
      ),
    );
  });
});
