import { Observable } from 'rxjs';
import { sampleProgress } from '../../operators/sampleProgress.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import type { TorrentSwarm } from './torrentSwarm.ts';

/**
 * Milliseconds between two looks at how far we are; and how many of them there are to one at how far peers got: two
 * seconds.
 */
const PROGRESS_EVERY = 250;
const FUNNEL_EVERY = 8;

/** What `main` tells, and beside it what is reported while it goes on. */
export const reporting = (
  main: (report: (event: DownloadEvent) => void) => Observable<DownloadEvent>,
): Observable<DownloadEvent> =>
  new Observable((subscriber) => main((event) => subscriber.next(event)).subscribe(subscriber));

/**
 * From its beginning to its end: `news` first, then `main$`, with samples while anything changes.
 *
 * One timer for all of it: a thousand torrents have a thousand of these.
 */
export const watched = (
  main$: Observable<DownloadEvent>,
  news: readonly DownloadEvent[],
  { stats, loops: { stirred }, report, ticks }: Pick<TorrentSwarm, 'stats' | 'loops' | 'report' | 'ticks'>,
): Observable<DownloadEvent> => {
  const tellFunnel = (): void => {
    const funnel = stats.funnel();
    if (funnel !== undefined) report(funnel);
  };
  let looks = 0;
  const sample = (): DownloadEvent | undefined => {
    if (++looks % FUNNEL_EVERY === 0) tellFunnel();
    return stats.sample();
  };
  const told$ = new Observable<DownloadEvent>((subscriber) => {
    const next = (event: DownloadEvent): void => {
      stirred.next();
      subscriber.next(event);
    };
    const complete = (): void => {
      tellFunnel();
      subscriber.complete();
    };
    for (const event of news) next(event);
    return main$.subscribe({ next, error: (cause: unknown) => subscriber.error(cause), complete });
  });
  return told$.pipe(sampleProgress(sample, ticks(PROGRESS_EVERY)));
};
