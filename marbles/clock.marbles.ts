import { asapScheduler, defer, ignoreElements, merge, Subject, subscribeOn, EMPTY, takeUntil, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Clock } from './clock.ts';
import { drawn } from './index.ts';

describe('the clock', () => {
  it(
    'lets what is to be done at once undo a timer that is due at the same time',
    drawn(({ gives }) => {
      const undone$ = new Subject<void>();
      const undo$ = EMPTY.pipe(subscribeOn(asapScheduler), tap({ complete: () => undone$.next() }));
      const first$ = timer(5).pipe(
        tap(() => undo$.subscribe()),
        ignoreElements(),
      );
      const second$ = defer(() => timer(5).pipe(takeUntil(undone$)));
      gives(merge(first$, second$)).toBe('-----|');
    }),
  );

  it('passes on what fails', () => {
    const clock = new Clock();
    clock.schedule(() => {
      throw new Error('as drawn');
    });
    expect(() => clock.flush()).toThrow('as drawn');
  });
});
