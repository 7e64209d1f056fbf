import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spans } from '../../../src/disk/files/spans.ts';
import { torrentOf } from '../torrents.ts';

describe('Spans', () => {
  it('finds the parts of files, and leaves out the empty ones', () => {
    const torrent = torrentOf({
      files: [0, 10, 0, 0, 5, 20, 0].map((length, n) => ({ path: [`${n}`], length, padding: n === 4 })),
    });
    expect(new Spans(torrent).of(8, 10)).toEqual([
      { file: 1, padding: false, at: 8, from: 0, length: 2 },
      { file: 4, padding: true, at: 0, from: 2, length: 5 },
      { file: 5, padding: false, at: 0, from: 7, length: 3 },
    ]);
    expect(new Spans(torrent).of(15, 20)).toEqual([{ file: 5, padding: false, at: 0, from: 0, length: 20 }]);
    expect(new Spans(torrent).of(35, 0)).toEqual([]);
  });

  it.each([
    [-1, 1],
    [0, 36],
    [36, 0],
    [Number.NaN, 1],
    [0, -1],
  ])('%d, %d is outside of the torrent: our own defect', (offset, length) => {
    const torrent = torrentOf({ files: [{ path: ['a'], length: 35 }] });
    expect(() => new Spans(torrent).of(offset, length)).toThrow(expect.objectContaining({ name: 'InvariantError' }));
  });

  it('covers every byte once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat(), (lengths, a, b) => {
        const torrent = torrentOf({ files: lengths.map((length, n) => ({ path: [`${n}`], length })) });
        const offset = a % (torrent.length + 1);
        const length = b % (torrent.length - offset + 1);
        const spans = new Spans(torrent).of(offset, length);
        const bytes = spans.flatMap((span) =>
          Array.from({ length: span.length }, (_, n) => [
            span.from + n,
            (torrent.files[span.file]?.offset ?? NaN) + span.at + n,
          ]),
        );
        expect(bytes).toEqual(Array.from({ length }, (_, n) => [n, offset + n]));
        for (const span of spans) expect(span.at + span.length).toBeLessThanOrEqual(lengths[span.file] ?? 0);
      }),
    );
  });
});
