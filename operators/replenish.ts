import {
  defer,
  ignoreElements,
  merge,
  type MonoTypeOperatorFunction,
  NEVER,
  type ObservableInput,
  repeat,
  retry,
  share,
  startWith,
  switchMap,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { now } from '../src/clock.ts';
import { verdict } from '../src/errors.ts';

/** What timers hold: longer ones would fire at once. */
const LONGEST = 2 ** 31 - 1;

export interface ReplenishOptions {
  /** How many are wanted now; above zero the lookup is repeated as soon as `atLeast` allows. The last value counts. */
  readonly wanted$: ObservableInput<number>;
  /** Milliseconds between the end of a lookup and the next one, when more are wanted. */
  readonly atLeast: number | (() => number);
  /** Milliseconds between the end of a lookup and the next one, when none are wanted. */
  readonly atMost: number | (() => number);
  /** Says when to try again after an error that may pass, like that of RxJS's `retry`; `atLeast` later if not given. */
  readonly delay?: (error: unknown, count: number) => ObservableInput<unknown>;
}

/**
 * Repeats a lookup when more is wanted: no sooner than `atLeast` after it has ended, no later than `atMost`.
 *
 * ```
 *   lookup  (ab|)
 *   wanted  -----w
 *   result  (ab)-(ab)
 * ```
 *
 * The limits may be functions: they are asked when they matter, so what the last lookup said may set them. A lookup that
 * is under way is never interrupted, and never has company. Errors whose `verdict` is `retry` are waited out by `delay`,
 * whose count starts over with each lookup that completes; all others are passed on, as are those of `wanted$`.
 * Never completes.
 */
export const replenish =
  <T>({ wanted$, atLeast, atMost, delay }: ReplenishOptions): MonoTypeOperatorFunction<T> =>
  (lookup) =>
    defer(() => {
      let wanted = 0;
      // Kept after completion: asking a finished `wanted$` again would replay it.
      const changes$ = defer(() => wanted$).pipe(
        tap((count) => {
          wanted = count;
        }),
        share({ resetOnComplete: false, resetOnError: false }),
      );
      const untilDue = () => {
        const ended = now();
        const early$ = changes$.pipe(
          startWith(0),
          switchMap(() => (wanted > 0 ? timer(Math.max(0, ended + limit(atLeast) - now())) : NEVER)),
        );
        return merge(early$, timer(limit(atMost))).pipe(take(1));
      };
      const again = (error: unknown, count: number) =>
        verdict(error) !== 'retry' ? throwError(() => error) : delay === undefined ? timer(limit(atLeast)) : delay(error, count);
      return merge(changes$.pipe(ignoreElements()), lookup.pipe(retry({ delay: again }), repeat({ delay: untilDue })));
    });

const limit = (value: number | (() => number)): number => Math.min(LONGEST, typeof value === 'function' ? value() : value);
