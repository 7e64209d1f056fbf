import { from, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { Lookups, type ReplenishOptions } from './internal/lookups.ts';

export type { ReplenishOptions } from './internal/lookups.ts';

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
  <T>({ wanted$, ...options }: ReplenishOptions): MonoTypeOperatorFunction<T> =>
  (lookup) =>
    new Observable((subscriber) => {
      const lookups = new Lookups(lookup, subscriber, options);
      const error = (cause: unknown): void => subscriber.error(cause);
      subscriber.add(from(wanted$).subscribe({ next: (count) => lookups.want(count), error }));
      lookups.look();
    });
