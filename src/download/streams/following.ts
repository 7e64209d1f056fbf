import { Observable, Subscription } from 'rxjs';

/**
 * Switches to the stream that follows from the first value of `first$`.
 * What follows from the first value of `first$`.
 *
 * ```
 * first$  --a----
 * then        b-c|
 * gives   ----b-c|
 * ```
 *
 * Behaves like `take(1)` and `switchMap`, but keeps nothing of `first$` meanwhile: the second stream may go on for
 * months, and there may be a thousand of them.
 */
export const following = <T, R>(first$: Observable<T>, then: (value: T) => Observable<R>): Observable<R> =>
  new Observable((subscriber) => {
    const waiting = new Subscription();
    let over = false;
    const next = (value: T): void => {
      if (over) return;
      over = true;
      subscriber.remove(waiting);
      waiting.unsubscribe();
      try {
        then(value).subscribe(subscriber);
      } catch (error) {
        subscriber.error(error);
      }
    };
    subscriber.add(waiting);
    const error = (cause: unknown): void => {
      if (!over) subscriber.error(cause);
    };
    const complete = (): void => {
      if (!over) subscriber.complete();
    };
    waiting.add(first$.subscribe({ next, error, complete }));
  });
