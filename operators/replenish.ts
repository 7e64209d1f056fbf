import { from, type MonoTypeOperatorFunction, Observable, type ObservableInput, Subscription, take, timer } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import { verdict } from '../src/contracts/errors.ts';

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
 * The limits may be functions: they are asked when they matter, so what the last lookup said may set them. A lookup
 * that is under way is never interrupted, and never has company. Errors whose `verdict` is `retry` are waited out by
 * `delay`, whose count starts over with each lookup that completes; all others are passed on, as are those of
 * `wanted$`. Never completes. Written by hand, as a thousand torrents have several of these each: it holds one timer
 * while it waits, and nothing else.
 *
 * @example
 * addresses$.pipe(replenish({ wanted$: of(5), atLeast: 60_000, atMost: 1_800_000 }));
 */
export const replenish =
  <T>({ wanted$, atLeast, atMost, delay }: ReplenishOptions): MonoTypeOperatorFunction<T> =>
  (lookup) =>
    new Observable((subscriber) => {
      let wanted = 0;
      /** Lookups that have failed since one went well. */
      let failures = 0;
      /**
       * When the last lookup ended, and when the next one is due at the latest; undefined while one is under way or an
       * error is waited out.
       */
      let pause: { readonly ended: number; readonly latest: number } | undefined;
      let nap = Subscription.EMPTY;
      const failed = (error: unknown): void => subscriber.error(error);
      const look = (): void => {
        pause = undefined;
        nap.unsubscribe();
        if (subscriber.closed) return;
        subscriber.add(lookup.subscribe({ next: (value) => subscriber.next(value), error: again, complete: rest }));
      };
      const rest = (): void => {
        failures = 0;
        pause = { ended: now(), latest: now() + limit(atMost) };
        sleep();
      };
      /** Until the next lookup is due, by what is wanted now. */
      const sleep = (): void => {
        nap.unsubscribe();
        if (pause === undefined || subscriber.closed) return;
        const { ended, latest } = pause;
        const due = wanted > 0 ? Math.min(latest, ended + limit(atLeast)) : latest;
        subscriber.add((nap = timer(Math.max(0, due - now())).subscribe(look)));
      };
      const again = (error: unknown): void => {
        if (verdict(error) !== 'retry') return failed(error);
        failures++;
        const wait$ = delay === undefined ? timer(limit(atLeast)) : from(delay(error, failures));
        let isOver = false;
        // What ends the wait without a word ends it as if the lookup had gone well.
        const complete = (): void => (isOver ? look() : rest());
        subscriber.add(wait$.pipe(take(1)).subscribe({ next: () => (isOver = true), error: failed, complete }));
      };
      const change = (count: number): void => {
        wanted = count;
        sleep();
      };
      subscriber.add(from(wanted$).subscribe({ next: change, error: failed }));
      look();
    });

const limit = (value: number | (() => number)): number =>
  Math.min(LONGEST, typeof value === 'function' ? value() : value);
