import { Observable, Subscription } from 'rxjs';

/**
 * Uses a resource that lives as long as its subscription: `resource$` emits it once, `use` is what is done with it.
 *
 * ```
 * resource$  -r---------
 * use          a-b|
 * gives      --a-b|
 * ```
 *
 * What uses it is always torn down before the resource.
 */
export const scoped = <R, T>(resource$: Observable<R>, use: (resource: R) => Observable<T>): Observable<T> =>
  new Observable((subscriber) => {
    const uses = new Subscription();
    const resource = new Subscription();
    subscriber.add(() => {
      uses.unsubscribe();
      resource.unsubscribe();
    });
    resource.add(
      resource$.subscribe({
        next: (value) => {
          uses.add(use(value).subscribe({ next: (used) => subscriber.next(used), error: (error: unknown) => subscriber.error(error), complete: () => subscriber.complete() }));
        },
        error: (error: unknown) => subscriber.error(error),
      }),
    );
  });
