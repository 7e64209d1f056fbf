import { defer, filter, Observable, switchMap, take } from 'rxjs';
import { sampleProgress } from '../../../operators/sampleProgress.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { TorrentSwarm } from './torrentSwarm.ts';

/**
 * Milliseconds between two samples of the progress; and how many of these there are to one of how far peers got: two
 * seconds.
 */
const PROGRESS_EVERY = 250;
const FUNNEL_EVERY = 8;

export interface WatchedOptions {
  /** Is there anything to sample? Until there is, it is called whenever something happens. */
  readonly begun: () => boolean;
  /** Is called when there is. */
  readonly news: readonly DownloadEvent[];
}

/**
 * The values of `main$`, with `news`, and samples from when there is anything to sample, while anything changes.
 *
 * One timer for all of it: a thousand torrents have a thousand of these.
 */
export const watched = (
  main$: Observable<DownloadEvent>,
  { stats, loops: { stirred }, report, ticks }: Pick<TorrentSwarm, 'stats' | 'loops' | 'report' | 'ticks'>,
  { news, begun }: WatchedOptions,
): Observable<DownloadEvent> => {
  const tellFunnel = (): void => {
    const funnel = stats.funnel();
    if (funnel !== undefined) report(funnel);
  };
  let looks = 0;
  const sample = (): DownloadEvent | undefined => {
    if (!begun()) return undefined;
    if (++looks % FUNNEL_EVERY === 0) tellFunnel();
    return stats.sample();
  };
  const told$ = new Observable<DownloadEvent>((subscriber) => {
    const next = (event: DownloadEvent): void => {
      stirred.next();
      subscriber.next(event);
    };
    const complete = (): void => {
      if (begun()) tellFunnel();
      subscriber.complete();
    };
    return main$.subscribe({ next, error: (cause: unknown) => subscriber.error(cause), complete });
  });
  const looks$ = defer(() => {
    for (const event of news) report(event);
    return ticks(PROGRESS_EVERY);
  });
  const begins$ = stirred.pipe(filter(begun), take(1));
  return told$.pipe(
    sampleProgress(
      sample,
      defer(() => (begun() ? looks$ : begins$.pipe(switchMap(() => looks$)))),
    ),
  );
};
