import { fromEvent, map, merge, NEVER, Observable, Subscription } from 'rxjs';
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

/**
 * Calls `next` with every event; resolves when they end, rejects when they fail, `next` throws, or `end$` errors, and
 * then unsubscribes from everything.
 */
export const followed = <Event>(
  events$: Observable<Event>,
  next: (event: Event) => void,
  end$: Observable<never> = NEVER,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const all = new Subscription();
    // Not operators: a thousand torrents may be followed at once.
    const fail = (error: unknown): void => {
      all.unsubscribe();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is whatever has come
      reject(error);
    };
    const see = (event: Event): void => {
      if (all.closed) return;
      try {
        next(event);
      } catch (error) {
        fail(error);
      }
    };
    const complete = (): void => {
      all.unsubscribe();
      resolve();
    };
    if (end$ !== NEVER) all.add(end$.subscribe({ error: fail }));
    if (!all.closed) all.add(events$.subscribe({ next: see, error: fail, complete }));
  });

/** The same, until the user stops. */
export const follow = <Event>(
  events$: Observable<Event>,
  { stopped }: Pick<Io, 'stopped'>,
  next: (event: Event) => void,
  end$: Observable<never> = NEVER,
) => followed(events$, next, end$ === NEVER ? abortion(stopped) : merge(abortion(stopped), end$));
