import { asapScheduler, asyncScheduler, interval, mergeMap, observeOn, of, Subject, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/recording/turns.ts';
import { seeded } from '../../marbles/random.ts';

/** A turn is taken, and whatever is due later has another. */
const held = (test: (turns: Turns) => void): void => {
  const turns = new Turns();
  turns.hold();
  try {
    test(turns);
    turns.check();
  } finally {
    turns.release();
  }
};

describe('Turns', () => {
  it('lets time stand still while a turn lasts', () =>
    held((turns) => {
      const told: unknown[] = [];
      turns.run(1000, () => {
        told.push(asyncScheduler.now());
        timer(5).subscribe(() => told.push(`timer at ${asyncScheduler.now()}`));
      });
      turns.fire(1004);
      turns.fire(1007);
      turns.fire(2000);
      expect(told).toEqual([1000, 'timer at 1007']);
      expect(turns.due).toBeUndefined();
    }));

  it('fires what is due in order, an interval once, and only what was there before', () =>
    held((turns) => {
      const told: string[] = [];
      turns.run(0, () => {
        timer(20).subscribe(() => told.push('b'));
        timer(10)
          .pipe(
            tap(() => told.push('a')),
            mergeMap(() => timer(0)),
          )
          .subscribe(() => told.push('c'));
        interval(7).subscribe(() => told.push('i'));
      });
      turns.fire(100);
      expect(told).toEqual(['i', 'a', 'b']);
      turns.fire(100);
      expect(told).toEqual(['i', 'a', 'b', 'c']);
      expect(turns.due).toBe(107);
    }));

  it('does what is to be done soon before the turn ends', () =>
    held((turns) => {
      const told: string[] = [];
      turns.run(0, () => {
        of('soon')
          .pipe(observeOn(asapScheduler))
          .subscribe((word) => told.push(word));
        told.push('at once');
      });
      told.push('after');
      expect(told).toEqual(['at once', 'soon', 'after']);
    }));

  it('leaves the time of the world alone, even if that is called from a turn', () =>
    held((turns) => {
      const before = asyncScheduler.now();
      turns.run(1, () => expect(turns.outside(() => asyncScheduler.now())).toBeGreaterThanOrEqual(before));
      turns.run(2, () => {
        const waiting = turns.outside(() => timer(3_600_000).subscribe());
        expect(turns.due).toBeUndefined();
        waiting.unsubscribe();
      });
    }));

  it('has its timers fire in a turn, though a timer of the world is just firing', () => {
    const told: string[] = [];
    const world$ = new Subject<void>();
    held((turns) => {
      turns.run(0, () => timer(1).subscribe(() => told.push(`inside: ${turns.inside}`)));
      world$.subscribe(() => turns.fire(5));
      // As if the world's timer called: RxJS does one thing after the other, and would put off what comes meanwhile.
      const scheduler = asyncScheduler as unknown as { _active: boolean };
      scheduler._active = true;
      world$.next();
      expect(told).toEqual(['inside: true']);
      expect(scheduler._active).toBe(true);
      scheduler._active = false;
    });
  });

  it('keeps its Timers in order, whatever is set and given up', () =>
    held((turns) => {
      const random = seeded(7);
      const fired: number[] = [];
      const expected: number[] = [];
      turns.run(0, () => {
        for (let n = 0; n < 500; n++) {
          const delay = Math.floor(random() * 1000);
          const running = timer(delay).subscribe(() => fired.push(delay));
          if (random() < 0.3) running.unsubscribe();
          else expected.push(delay);
          turns.check();
        }
      });
      turns.fire(5000);
      expect(fired).toEqual(expected.sort((a, b) => a - b));
    }));
});
