import { connect, endWith, ignoreElements, interval, map, merge, type MonoTypeOperatorFunction, takeUntil } from 'rxjs';
import type { DownloadEvent, Progress } from '../src/env.ts';

/**
 * Adds a sample of the progress to the events, each period and at the end.
 *
 * ```
 * source  --s-------|
 * gives   --s-p---p-(p|)   every 4 ms
 * ```
 *
 * Counters are fields, read here; they are never streamed. `every` is in milliseconds, a quarter of a second by default.
 */
export const sampleProgress =
  (read: () => Progress, every: number = 250): MonoTypeOperatorFunction<DownloadEvent> =>
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
    );
