import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { selects, unselected } from '../../../src/torrent/metainfo/selection.ts';

const file = (offset: number, length: number) => ({ path: ['x'], length, offset, padding: false, attributes: '' });
/** Ten pieces of 10 bytes; files of 25, 0, 5, 40 and 30 bytes. */
const files = [file(0, 25), file(25, 0), file(25, 5), file(30, 40), file(70, 30)];
const geometry = new Geometry({ length: 100, pieceLength: 10 });

describe('pieces of files that are not selected', () => {
  it('are none without a selection', () => {
    expect(unselected({ files }, geometry, undefined)).toEqual([]);
    expect(unselected({ files }, geometry, [[0, 4]])).toEqual([]);
  });

  it('are those of which no selected file has a byte', () => {
    expect(unselected({ files }, geometry, [[0, 0]])).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(unselected({ files }, geometry, [[2, 2]])).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9]);
    expect(
      unselected({ files }, geometry, [
        [0, 0],
        [4, 99_999],
      ]),
    ).toEqual([3, 4, 5, 6]);
  });

  it('are all if there are no such files, or none with a byte', () => {
    expect(unselected({ files }, geometry, [[7, 9]])).toHaveLength(10);
    expect(unselected({ files }, geometry, [[1, 1]])).toHaveLength(10);
  });
});

describe('files that are selected', () => {
  it('are those within a span, or all', () => {
    const numbers = [0, 1, 2, 3, 4, 5];
    expect(numbers.filter(selects(undefined))).toEqual(numbers);
    expect(
      numbers.filter(
        selects([
          [0, 0],
          [2, 3],
        ]),
      ),
    ).toEqual([0, 2, 3]);
  });

  it('are found as if each span were looked at, in whatever order they are', () => {
    const span = fc.tuple(fc.nat(40), fc.nat(8)).map(([first, more]) => [first, first + more] as const);
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const selected = selects(spans);
        for (let file = 0; file < 60; file++)
          expect(selected(file)).toBe(spans.some(([first, last]) => file >= first && file <= last));
      }),
    );
  });
});
