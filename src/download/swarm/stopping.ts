import { defer, filter, ignoreElements, merge, NEVER, type Observable, of, take, tap } from 'rxjs';
import { scoped } from '../streams/scoped.ts';
import type { TorrentSwarm } from './torrentSwarm.ts';

type Stoppable = Pick<TorrentSwarm, 'stats' | 'loops'>;

/** Emits once when the download is to stop, also to late subscribers: the stop may come between two phases. */
export const stoppedOf = (
  { stats: { phase }, loops: { stirred } }: Stoppable,
  { stop$ }: { readonly stop$?: Observable<unknown> | undefined },
): Observable<unknown> =>
  stop$ === undefined
    ? NEVER
    : defer(() =>
        phase.stopping
          ? of(undefined)
          : stirred.pipe(
              filter(() => phase.stopping),
              take(1),
            ),
      );

/** Mirrors `main$` until `stop$` emits. */
export const stoppable = <T>(
  main$: Observable<T>,
  stop$: Observable<unknown> | undefined,
  { stats: { phase }, loops: { stirred } }: Stoppable,
): Observable<T> => {
  const stop = (): void => {
    phase.stopping = true;
    stirred.next();
  };
  return stop$ === undefined ? main$ : beside(main$, stop$.pipe(take(1), tap(stop), ignoreElements()));
};

/** Mirrors `main$`; `aside$` is subscribed to first, and runs meanwhile. */
export const beside = <T>(main$: Observable<T>, aside$: Observable<never>): Observable<T> =>
  scoped(merge(aside$, of(undefined)), () => main$);
