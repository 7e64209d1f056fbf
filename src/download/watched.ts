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

/**
 * All that happens: `news` and `main$`, beside it what is reported, and samples while anything changes. Ends as `main$`
 * does.
 *
 * One subscription for all of it, and one timer: a thousand torrents have a thousand of these.
 */
export const watched = (
  main$: Observable<DownloadEvent>,
  news: readonly DownloadEvent[],
  there: TorrentSwarm,
): Observable<DownloadEvent> => {
  const { tally, news$, report, stir, ticks } = there;
  const tellFunnel = (): void => {
    const funnel = tally.funnel();
    if (funnel !== undefined) report(funnel);
  };
  let looks = 0;
  const sample = (): DownloadEvent | undefined => {
    if (++looks % FUNNEL_EVERY === 0) tellFunnel();
    return tally.sample();
  };
  const all$ = new Observable<DownloadEvent>((subscriber) => {
    const next = (event: DownloadEvent): void => {
      stir();
      subscriber.next(event);
    };
    const error = (cause: unknown): void => subscriber.error(cause);
    // By then nobody hears news any more.
    const complete = (): void => {
      const funnel = tally.funnel();
      if (funnel !== undefined) subscriber.next(funnel);
      subscriber.complete();
    };
    for (const event of news) next(event);
    subscriber.add(news$.subscribe({ next, error }));
    subscriber.add(main$.subscribe({ next, error, complete }));
    subscriber.add(() => news$.complete());
  });
  return all$.pipe(sampleProgress(sample, ticks(PROGRESS_EVERY)));
};
