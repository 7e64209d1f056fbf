import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PieceRuns } from '../../../src/torrent/pieces/pieceRuns.ts';

const runsOf = (indices: readonly number[], most: number): number[][] => {
  const waiting = new PieceRuns<{ readonly index: number }>();
  for (const index of indices) waiting.add({ index });
  const runs: number[][] = [];
  for (let run = waiting.take(most); run.length > 0; run = waiting.take(most)) runs.push(run.map(({ index }) => index));
  return runs;
};

it('takes the longest waiting first, each with its neighbours', () => {
  expect(runsOf([], 9)).toEqual([]);
  expect(runsOf([7, 3, 8, 1, 2, 9], 9)).toEqual([
    [7, 8, 9],
    [1, 2, 3],
  ]);
  expect(runsOf([4, 2, 3, 5, 1], 3)).toEqual([[2, 3, 4], [5], [1]]);
  expect(runsOf([2, 1, 0], 1)).toEqual([[2], [1], [0]]);
});

it('does not take one of an index that waits already', () => {
  const waiting = new PieceRuns<{ readonly index: number; readonly name: string }>();
  expect(waiting.add({ index: 1, name: 'a' })).toBe(true);
  expect(waiting.add({ index: 1, name: 'b' })).toBe(false);
  expect(waiting.take(2)).toEqual([{ index: 1, name: 'a' }]);
  expect(waiting.add({ index: 1, name: 'b' })).toBe(true);
});

it('loses none, and each run is of neighbours, has the oldest, and is as long as may be', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30)), fc.integer({ min: 1, max: 8 }), (indices, most) => {
      const left = new Set(indices);
      for (const run of runsOf(indices, most)) {
        const oldest = indices.find((index) => left.has(index)) as number;
        expect(run).toContain(oldest);
        expect(run.length).toBeLessThanOrEqual(most);
        const first = run[0] as number;
        expect(run).toEqual(run.map((_, nth) => first + nth));
        if (run.length < most) expect([left.has(first - 1), left.has(first + run.length)]).toEqual([false, false]);
        for (const index of run) expect(left.delete(index)).toBe(true);
      }
      expect(left.size).toBe(0);
    }),
  );
});

it('ends a run where the next piece does not begin where this one ends', () => {
  const waiting = new PieceRuns<{ readonly index: number }>((index) => index !== 3 && index !== 5);
  for (const index of [4, 1, 2, 3, 5, 6]) waiting.add({ index });
  const runs = [1, 2, 3].map(() => waiting.take(9).map(({ index }) => index));
  expect(runs).toEqual([[4, 5], [1, 2, 3], [6]]);
});
