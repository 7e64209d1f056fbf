import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { Done, DownloadEvent } from '../../contracts/events.ts';

/**
 * Holds `done` back until the source has completed, so that it is the last event.
 *
 * ```
 * source  -s-d-p-|
 * gives   -s---p-(d|)
 * ```
 */
export const doneLast: MonoTypeOperatorFunction<DownloadEvent> = (events) =>
  new Observable((subscriber) => {
    let done: Done | undefined;
    const tell = (): void => {
      if (done !== undefined) subscriber.next(done);
    };
    return events.subscribe({
      next: (event) => {
        if (event.type === 'done') done = event;
        else subscriber.next(event);
      },
      error: (error: unknown) => {
        tell();
        subscriber.error(error);
      },
      complete: () => {
        tell();
        subscriber.complete();
      },
    });
  });
