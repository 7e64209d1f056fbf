import { defer, Observable, Subscription } from 'rxjs';

/**
 * Uses a resource that lives as long as its subscription: `resource$` emits the resource once, and `use` makes a stream
 * of it.
 *
 * ```
 * resource$  -r---------
 * use          a-b|
 * gives      --a-b|
 * ```
 *
 * The stream is always torn down before the resource.
 */
export const scoped = <R, T>(resource$: Observable<R>, use: (resource: R) => Observable<T>): Observable<T> =>
  new Observable((subscriber) => {
    const uses = new Subscription();
    const resource = new Subscription();
    subscriber.add(() => {
      uses.unsubscribe();
      resource.unsubscribe();
    });
    const error = (failure: unknown): void => subscriber.error(failure);
    const next = (value: R): void => {
      uses.add(
        defer(() => use(value)).subscribe({
          next: (used) => subscriber.next(used),
          error,
          complete: () => subscriber.complete(),
        }),
      );
    };
    resource.add(resource$.subscribe({ next, error }));
  });
