import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { FileSelection } from '../../../src/torrent/picker/fileSelection.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
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
const geometry = new Geometry(torrent);
const fieldOf = (...pieces: number[]): Bitfield => {
  const field = new Bitfield(geometry.pieceCount);
  for (const piece of pieces) field.set(piece);
  return field;
};

describe('FileSelection', () => {
  it('is everything without a selection, padding included', () => {
    const all = new FileSelection(torrent, geometry);
    expect([all.total, all.files, all.excluded]).toEqual([{ bytes: 136, pieces: 5 }, 4, []]);
    expect(all.in(fieldOf())).toEqual({ bytes: 0, pieces: 0 });
    expect(all.in(fieldOf(0, 4))).toEqual({ bytes: 40, pieces: 2 });
    expect(all.in(fieldOf(0, 1, 2, 3, 4))).toEqual(all.total);
  });

  it('counts the bytes of wanted files in the pieces that hold one', () => {
    const b = new FileSelection(torrent, geometry, [[1, 1]]);
    expect([b.total, b.files, b.excluded]).toEqual([{ bytes: 30, pieces: 2 }, 1, [0, 3, 4]]);
    expect(b.in(fieldOf(0, 1))).toEqual({ bytes: 14, pieces: 1 });
    expect(b.in(fieldOf(1, 2, 3))).toEqual(b.total);
  });

  it('may be of nothing but empty files, or of none', () => {
    const empty = new FileSelection(torrent, geometry, [[2, 2]]);
    expect([empty.total, empty.files, empty.excluded.length]).toEqual([{ bytes: 0, pieces: 0 }, 1, 5]);
    expect(new FileSelection(torrent, geometry, [[9, 9]]).files).toBe(0);
    expect(new FileSelection(torrent, geometry, [[3, 3]]).files).toBe(0);
  });

  it('adds up, whatever is selected and stored', () => {
    const files = fc
      .array(fc.record({ length: fc.nat(100), wanted: fc.boolean() }), { minLength: 1, maxLength: 12 })
      .filter((all) => all.some(({ length }) => length > 0));
    fc.assert(
      fc.property(files, fc.infiniteStream(fc.boolean()), (specs, stored) => {
        const made = torrentOf({ files: specs.map(({ length }, n) => ({ path: [`${n}`], length })) });
        const shape = new Geometry(made);
        const spans = specs.flatMap(({ wanted }, n) => (wanted ? [[n, n] as const] : []));
        const selection = new FileSelection(made, shape, spans);
        const field = new Bitfield(shape.pieceCount);
        for (let piece = 0; piece < shape.pieceCount; piece++) if (stored.next().value) field.set(piece);
        // Byte by byte: the slow way.
        let [bytes, total] = [0, 0];
        const pieces = new Set<number>();
        for (const [n, { offset, length }] of made.files.entries()) {
          if (!specs[n]?.wanted) continue;
          total += length;
          for (let at = offset; at < offset + length; at++) {
            pieces.add(Math.floor(at / 32));
            if (field.has(Math.floor(at / 32))) bytes++;
          }
        }
        expect(selection.total).toEqual({ bytes: total, pieces: pieces.size });
        expect(selection.in(field)).toEqual({ bytes, pieces: [...pieces].filter((piece) => field.has(piece)).length });
        expect(selection.excluded.length).toBe(shape.pieceCount - pieces.size);
      }),
    );
  });
});
