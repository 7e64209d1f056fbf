import { connect, endWith, filter, ignoreElements, interval, map, merge, type MonoTypeOperatorFunction, takeUntil } from 'rxjs';
import type { DownloadEvent } from '../src/env.ts';

/**
 * Adds a sample of the progress to the events, each period and at the end.
 *
 * ```
 * source  --s-------|
 * gives   --s-p---p-(p|)   every 4 ms
 * ```
 *
 * Counters are fields, read here; they are never streamed. `every` is in milliseconds, a quarter of a second by default. No sample
 * is added when there is nothing to tell, which is undefined.
 */
export const sampleProgress =
  (read: () => DownloadEvent | undefined, every: number = 250): MonoTypeOperatorFunction<DownloadEvent> =>
  (events) =>
    events.pipe(
      connect((shared) =>
        merge(
          interval(every).pipe(map(read), takeUntil(shared.pipe(ignoreElements(), endWith(true)))),
          shared.pipe(
            endWith(undefined),
            map((event) => event ?? read()),
          ),
        ),
      ),
      filter((event) => event !== undefined),
    );
