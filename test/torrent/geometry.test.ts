import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';

interface Drawn {
  readonly length: number;
  readonly padding: boolean;
}

const shapeOf = (files: readonly Drawn[], pieceLength: number) => {
  let offset = 0;
  const laid = files.map((file) => ({ ...file, offset: (offset += file.length) - file.length }));
  return { files: laid, length: offset, pieceLength };
};

/** By looking at each byte. */
const slowly = (files: readonly Drawn[], pieceLength: number, piece: number): number => {
  const bytes = files.flatMap(({ length, padding }) => new Array<boolean>(length).fill(padding));
  const own = bytes.slice(piece * pieceLength, (piece + 1) * pieceLength);
  const last = own.lastIndexOf(false);
  return Math.max(1, Math.ceil((last + 1) / BLOCK));
};

const K = 4096;

describe('blocks that have to be fetched', () => {
  it('are those before the padding at the end of a piece', () => {
    const files = [
      { length: 5 * K, padding: false },
      { length: 27 * K, padding: true },
      { length: 16 * K, padding: false },
    ];
    const geometry = new Geometry(shapeOf(files, 32 * K));
    expect([geometry.fetchedCount(0), geometry.blockCount(0), geometry.fetchedCount(1)]).toEqual([2, 8, 4]);
  });

  it('are those before it however files and padding lie', () => {
    const file = fc.record({ length: fc.integer({ min: 0, max: 20 }).map((n) => n * K), padding: fc.boolean() });
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 6 }), fc.integer({ min: 2, max: 4 }), (files, bits) => {
        const pieceLength = 2 ** bits * K;
        const geometry = new Geometry(shapeOf(files, pieceLength));
        for (let piece = 0; piece < geometry.pieceCount; piece++)
          expect(geometry.fetchedCount(piece)).toBe(slowly(files, pieceLength, piece));
      }),
    );
  });

  it('are found at once in a torrent of nothing but padding', () => {
    const files = Array.from({ length: 100_000 }, () => ({ length: BLOCK, padding: true }));
    const geometry = new Geometry(shapeOf(files, 4 * BLOCK));
    expect([geometry.fetchedCount(0), geometry.fetchedCount(24_999)]).toEqual([1, 1]);
  });

  it('are all there are where pieces end with files', () => {
    const shape = shapeOf(
      [
        { length: BLOCK, padding: false },
        { length: BLOCK, padding: true },
      ],
      2 * BLOCK,
    );
    expect(new Geometry({ ...shape, pieceSizes: [BLOCK] }).fetchedCount(0)).toBe(1);
  });
});
