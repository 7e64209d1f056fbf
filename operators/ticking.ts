import { interval, NEVER, Observable, type ObservableInput, from, type Subscription } from 'rxjs';

export interface TickingOptions {
  /** Called after each tick: is another one needed? Default always. */
  readonly busy?: () => boolean;
  /** Something happens: what has gone to sleep wakes up. */
  readonly stirred$?: ObservableInput<unknown>;
}

/**
 * Ticks each `every` milliseconds while there is something to look at, and has no timer while there is nothing.
 *
 * ```
 * busy     yes no------yes no-
 * stirs    -----------s------
 * gives    ---t--t----t--t--t-   every 3 ms
 * ```
 *
 * After a tick that finds nothing busy it sleeps until `stirred$` emits. Then it ticks at once, so that counters start
 * from that moment. Values of `stirred$` while it is awake change nothing. Never completes, not even with `stirred$`;
 * errors with it. Otherwise a thousand idle torrents would have thousands of timers, and look four thousand times a
 * second at what has not changed.
 *
 * @example
 * ticking(1000, { busy: () => picker.drafts > 0, stirred$: wake$ }).pipe(tap(() => console.log(picker.drafts)));
 */
export const ticking = (
  every: number,
  { busy = () => true, stirred$ = NEVER }: TickingOptions = {},
): Observable<void> =>
  new Observable((subscriber) => {
    let awake: Subscription | undefined;
    const tick = (): void => {
      subscriber.next();
      if (busy()) return;
      awake?.unsubscribe();
      awake = undefined;
    };
    const wake = (): void => {
      awake = interval(every).subscribe(tick);
    };
    subscriber.add(() => awake?.unsubscribe());
    const error = (cause: unknown): void => subscriber.error(cause);
    const next = (): void => {
      if (awake !== undefined) return;
      wake();
      subscriber.next();
    };
    wake();
    subscriber.add(from(stirred$).subscribe({ next, error }));
  });
