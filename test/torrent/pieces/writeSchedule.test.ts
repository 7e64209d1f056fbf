import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WRITES_IN_FLIGHT, WriteSchedule } from '../../../src/torrent/pieces/writeSchedule.ts';

const MiB = 2 ** 20;
const pieces = (...indices: readonly number[]) => indices.map((index) => ({ index }));

describe('WriteSchedule', () => {
  it('begins two at once, lets others wait, and joins those that adjoin each other', () => {
    const schedule = new WriteSchedule<{ readonly index: number }>(MiB, { ordered: false, joins: true });
    const waiting = pieces(0, 4, 2, 3, 7).map((piece) => {
      if (!schedule.add(piece)) return true;
      schedule.began(1);
      return false;
    });
    expect(waiting).toEqual([false, false, true, true, true]);
    schedule.ended(1);
    const run = schedule.next([]);
    expect(run).toEqual(pieces(2, 3));
    schedule.began(run.length);
    expect(schedule.next(run)).toEqual([]);
    expect(schedule.next([])).toEqual(pieces(7));
    schedule.check();
  });

  it('never waits where writes wait for one another', () => {
    const schedule = new WriteSchedule<{ readonly index: number }>(MiB, { ordered: true, joins: true });
    for (const piece of pieces(3, 2, 1, 0)) {
      expect(schedule.add(piece)).toBe(true);
      schedule.began(1);
    }
    schedule.check();
  });

  it('gives each piece once, and never has more under way than may be', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(30), { minLength: 1 }),
        fc.constantFrom(MiB / 4, MiB, 4 * MiB, 16 * MiB),
        fc.boolean(),
        (indices, pieceLength, joins) => {
          const schedule = new WriteSchedule<{ readonly index: number }>(pieceLength, { ordered: false, joins });
          const given: number[] = [];
          const running: number[] = [];
          const begin = (run: readonly { readonly index: number }[]): void => {
            given.push(...run.map(({ index }) => index));
            running.push(run.length);
            schedule.began(run.length);
            schedule.check();
            expect(running.length).toBeLessThanOrEqual(WRITES_IN_FLIGHT.most);
          };
          for (const index of indices) if (schedule.add({ index })) begin([{ index }]);
          while (running.length > 0) {
            schedule.ended(running.shift() as number);
            for (let run = schedule.next([]); run.length > 0; run = schedule.next(run)) begin(run);
          }
          expect(schedule.idle).toBe(true);
          expect([...given].sort((a, b) => a - b)).toEqual([...indices].sort((a, b) => a - b));
        },
      ),
    );
  });
});
