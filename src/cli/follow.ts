import { fromEvent, lastValueFrom, map, merge, NEVER, Observable, takeUntil, tap } from 'rxjs';
import type { Io } from './io.ts';

/** Errors with the signal's reason once it is aborted. */
export const abortion = (signal: AbortSignal): Observable<never> =>
  new Observable<never>((subscriber) => {
    if (signal.aborted) {
      subscriber.error(signal.reason);
      return undefined;
    }
    return fromEvent(signal, 'abort')
      .pipe(map(() => signal.reason as unknown))
      .subscribe((reason) => subscriber.error(reason));
  });

/** Calls `next` with every event; resolves when they end, rejects when they fail or the user stops: then all is unsubscribed. */
export const follow = async <Event>(
  events$: Observable<Event>,
  { stopped }: Pick<Io, 'stopped'>,
  next: (event: Event) => void,
  end$: Observable<never> = NEVER,
): Promise<void> => {
  await lastValueFrom(events$.pipe(tap(next), takeUntil(merge(abortion(stopped), end$))), { defaultValue: undefined });
};
