import fc from 'fast-check';
import { asapScheduler, asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { Calendar } from './calendar.ts';
import { Clock } from './clock.ts';
import { Heap } from './heap.ts';

/** What one task does when its turn comes: begins others, gives some up, and comes again so often. */
interface Turn {
  readonly begins: readonly (readonly [delay: number, atOnce: boolean])[];
  readonly givesUp: readonly number[];
  readonly again: number;
}

/** Which tasks had their turn, and when. */
const played = (scheduler: TestScheduler, turns: readonly Turn[]): readonly (readonly [number, number])[] => {
  const told: [number, number][] = [];
  scheduler.run(({ flush }) => {
    const begun: Subscription[] = [];
    const begin = (by: SchedulerLike, delay: number): void => {
      const task = begun.length;
      const { again = 0 } = turns[task] ?? {};
      let left = again;
      begun.push(
        by.schedule(function () {
          turn(task);
          // An interval of RxJS: the same action, after the same time.
          if (left-- > 0) this.schedule(undefined, delay);
        }, delay),
      );
    };
    const turn = (task: number): void => {
      told.push([scheduler.frame, task]);
      const { begins, givesUp } = turns[task] ?? { begins: [], givesUp: [] };
      for (const [delay, atOnce] of begins) begin(atOnce ? asapScheduler : asyncScheduler, atOnce ? 0 : delay);
      for (const other of givesUp) if (other !== task) begun[other]?.unsubscribe();
    };
    begin(asyncScheduler, 1);
    flush();
  });
  return told;
};

describe('the timers of a drawing', () => {
  it('have their turns in the order that RxJS gives them, whatever is begun and given up meanwhile', () => {
    const begins = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean()), { maxLength: 4 });
    const turn = fc.record({ begins, givesUp: fc.array(fc.nat(40), { maxLength: 3 }), again: fc.nat(2) });
    const theirs = (turns: readonly Turn[]): ReturnType<typeof played> | undefined => {
      try {
        return played(new TestScheduler(() => true), turns);
      } catch {
        // It takes it for a defect if an immediate clears the timer in whose turn it runs.
        return undefined;
      }
    };
    let compared = 0;
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 30 }), (turns) => {
        const expected = theirs(turns);
        if (expected === undefined) return;
        compared++;
        expect(played(new Clock(), turns)).toEqual(expected);
      }),
    );
    expect(compared).toBeGreaterThan(30);
  });
});

describe('the heap', () => {
  it('gives what is first, whatever was added and taken before', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer())), (steps) => {
        const heap = new Heap<number>((one, other) => one < other);
        const model: number[] = [];
        for (const step of steps) {
          if (step === null) expect(heap.take()).toBe(model.shift());
          else {
            heap.add(step);
            model.push(step);
            model.sort((one, other) => one - other);
          }
          heap.check();
          expect([heap.first, heap.size]).toEqual([model[0], model.length]);
        }
      }),
    );
  });
});

describe('the calendar', () => {
  it('gives what is due first, and of that what is first, whatever was added and taken before', () => {
    interface Item {
      readonly due: number;
      readonly nth: number;
    }
    const item = fc.record({ due: fc.nat(9), nth: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(fc.option(item)), (steps) => {
        const calendar = new Calendar<Item>((one, other) => one.nth < other.nth);
        const model: Item[] = [];
        for (const step of steps) {
          if (step === null) expect(calendar.take()).toEqual(model.shift());
          else {
            calendar.add(step.due, step);
            model.push(step);
            model.sort((one, other) => one.due - other.due || one.nth - other.nth);
          }
          calendar.check();
          expect([calendar.first, calendar.size]).toEqual([model[0], model.length]);
        }
      }),
    );
  });
});
