import { interval, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { DownloadEvent } from '../src/contracts/events.ts';

/**
 * Adds a sample of the progress to the events, each period and at the end.
 *
 * ```
 * source  --s-------|
 * gives   --s-p---p-(p|)   every 4 ms
 * ```
 *
 * Counters are fields, read here; they are never streamed. `every` is in milliseconds, a quarter of a second by
 * default, or a stream such as `ticking`, which sleeps while nothing happens. No sample is added when `read` returns
 * undefined.
 *
 * @example
 * events$.pipe(sampleProgress(() => undefined, 1000));
 */
export const sampleProgress =
  (
    read: () => DownloadEvent | undefined,
    every: number | Observable<unknown> = 250,
  ): MonoTypeOperatorFunction<DownloadEvent> =>
  (events) =>
    new Observable((subscriber) => {
      const error = (cause: unknown): void => subscriber.error(cause);
      const sample = (): void => {
        try {
          const event = read();
          if (event !== undefined) subscriber.next(event);
        } catch (defect) {
          error(defect);
        }
      };
      subscriber.add((typeof every === 'number' ? interval(every) : every).subscribe({ next: sample, error }));
      subscriber.add(
        events.subscribe({
          next: (event) => subscriber.next(event),
          error,
          complete: () => {
            sample();
            subscriber.complete();
          },
        }),
      );
    });
