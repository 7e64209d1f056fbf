import { EMPTY, identity, merge, type MonoTypeOperatorFunction, NEVER, type Observable, takeUntil } from 'rxjs';

/** Emits when any of `streams$` does. Streams that are `NEVER` are not subscribed to. */
export const anyOf = (...streams$: readonly Observable<unknown>[]): Observable<unknown> => {
  const [first$ = NEVER, ...others$] = streams$.filter((stream$) => stream$ !== NEVER);
  return others$.length === 0 ? first$ : merge(first$, ...others$);
};

/** `takeUntil` that costs nothing if `notifier$` is `NEVER`: each of a thousand torrents has several of these. */
export const until = <T>(notifier$: Observable<unknown>): MonoTypeOperatorFunction<T> =>
  notifier$ === NEVER ? identity : takeUntil(notifier$);

/** `merge` without streams that are `EMPTY`. */
export const together = <T>(...streams$: readonly Observable<T>[]): Observable<T> => {
  const [first$ = EMPTY, ...others$] = streams$.filter((stream$) => stream$ !== EMPTY);
  return others$.length === 0 ? first$ : merge(first$, ...others$);
};
