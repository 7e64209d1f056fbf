import fc from 'fast-check';
import { type Subscriber, Observable, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/net/names/turns.ts';

describe('turns', () => {
  it('run at most as many at once as permitted, and none waits while fewer run', () => {
    const step = fc.oneof(
      fc.constant('begin' as const),
      fc.record({ how: fc.constantFrom('complete' as const, 'leave' as const), nth: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
        const turns = new Turns(most);
        const running: Subscriber<never>[] = [];
        const all: Subscription[] = [];
        const source$ = new Observable<never>((subscriber) => {
          running.push(subscriber);
          return () => running.splice(running.indexOf(subscriber), 1);
        });
        for (const each of steps) {
          if (each === 'begin') all.push(turns.inTurn(source$).subscribe());
          else if (each.how === 'complete') running[each.nth % Math.max(1, running.length)]?.complete();
          else all[each.nth % Math.max(1, all.length)]?.unsubscribe();
          turns.check();
          expect(running.length).toBeLessThanOrEqual(most);
        }
        for (const each of all) each.unsubscribe();
        expect([turns.waiting, running.length]).toEqual([0, 0]);
      }),
    );
  });
});
