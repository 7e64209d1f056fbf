import { EMPTY, identity, merge, type MonoTypeOperatorFunction, NEVER, type Observable, takeUntil } from 'rxjs';

/** What emits when any of `streams$` does; those that never do are not listened to. */
export const anyOf = (...streams$: readonly Observable<unknown>[]): Observable<unknown> => {
  const [first$ = NEVER, ...others$] = streams$.filter((stream$) => stream$ !== NEVER);
  return others$.length === 0 ? first$ : merge(first$, ...others$);
};

/** `takeUntil`, which costs nothing if `notifier$` is `NEVER`: of a thousand torrents each has several of these. */
export const until = <T>(notifier$: Observable<unknown>): MonoTypeOperatorFunction<T> =>
  notifier$ === NEVER ? identity : takeUntil(notifier$);

/** `merge`, without those that are `EMPTY`. */
export const together = <T>(...streams$: readonly Observable<T>[]): Observable<T> => {
  const [first$ = EMPTY, ...others$] = streams$.filter((stream$) => stream$ !== EMPTY);
  return others$.length === 0 ? first$ : merge(first$, ...others$);
};
