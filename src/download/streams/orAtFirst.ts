import { type MonoTypeOperatorFunction, Observable } from 'rxjs';

/**
 * Begins with `value`, unless the source says something at once.
 *
 * ```
 * source         --b--     a-b--
 * orAtFirst('a') a-b--     a-b--
 * ```
 */
export const orAtFirst =
  <T>(value: T): MonoTypeOperatorFunction<T> =>
  (source) =>
    new Observable((subscriber) => {
      let isSaid = false;
      subscriber.add(
        source.subscribe({
          next: (each) => {
            isSaid = true;
            subscriber.next(each);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            if (!isSaid) subscriber.next(value);
            isSaid = true;
            subscriber.complete();
          },
        }),
      );
      if (!isSaid) subscriber.next(value);
    });
