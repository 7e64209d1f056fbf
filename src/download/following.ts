import { Observable, Subscription } from 'rxjs';

/**
 * What follows from the first value of `first$`.
 *
 * ```
 * first$  --a----
 * then        b-c|
 * gives   ----b-c|
 * ```
 *
 * As `take(1)` and `switchMap` do it, but nothing of `first$` is kept meanwhile: what follows may go on for months, a
 * thousand times.
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
