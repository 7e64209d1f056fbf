import {
  catchError,
  defer,
  dematerialize,
  EMPTY,
  filter,
  isObservable,
  materialize,
  merge,
  mergeWith,
  NEVER,
  type Observable,
  of,
  tap,
} from 'rxjs';
import type { DownloadOptions, Selection } from '../../download/options.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { Target } from '../../contracts/storage.ts';
import type { Limits } from '../../download/limits/rateLimits.ts';
import type { Download } from '../../download/running/runningDownload.ts';
import { encodeOriginal } from '../../torrent/metainfo/encodeTorrent.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { numberedFiles } from '../../torrent/metainfo/fileNumbers.ts';
import { selects } from '../../torrent/metainfo/selection.ts';
import { give } from '../io/advice.ts';
import { GaveUp, Interrupted } from '../io/exit.ts';
import { followed } from '../io/follow.ts';
import type { Given } from '../io/io.ts';
import { writeNew } from '../input/newFile.ts';
import { Patience } from './patience.ts';
import type { Plan } from './plan.ts';
import { downloadOf, type Shared } from './session.ts';
import { flag } from '../args/values.ts';
import type { Ending, Viewer } from './viewing.ts';
import type { Account } from './account.ts';
import { type Job, pathOfJob } from './job.ts';

/** What all torrents of a command are worked on with. */
export interface Bench extends Shared {
  readonly given: Given;
  /** Of each torrent: seconds without progress until it is given up, and its own rate limits. */
  readonly each: { readonly timeout: number | undefined; readonly limits: Limits };
  readonly plan: Plan;
  /** Errors when the user stops the command. */
  readonly stop$: Observable<never>;
  readonly viewer: Viewer;
  /** Is the user being asked a question now? */
  readonly asking: () => boolean;
}

/** Notes how many of the files are wanted, if not all. */
const choose = (job: Job, torrent: Torrent, selection: Selection): void => {
  const numbers = numberedFiles(torrent);
  const files = numbers.filter(selects(selection)).length;
  if (files < numbers.length) job.chosen = { files, of: numbers.length };
};

const selecting = (job: Job, { select }: Plan['settings']): Pick<DownloadOptions, 'select'> => {
  const own = 'info' in job.source ? undefined : job.source.select;
  const wanted = select ?? own;
  if (wanted === undefined) return {};
  const chosen = (torrent: Torrent): Observable<Selection> => {
    // A function of a module need not know of Observables.
    const given: unknown = typeof wanted === 'function' ? wanted(torrent) : wanted;
    return (isObservable(given) ? given : of(given)) as Observable<Selection>;
  };
  return { select: (torrent) => chosen(torrent).pipe(tap((selection) => choose(job, torrent, selection))) };
};

/**
 * The download, and beside it what its publisher names meanwhile; not while it is recorded, as a replay follows no key.
 */
const withNews = (events$: Observable<DownloadEvent>, { followed }: Job, given: Given): Observable<DownloadEvent> => {
  if (followed === undefined || given['record'] !== undefined) return events$;
  // It ends with the download, and only with it.
  const news$ = followed.newer$.pipe(
    catchError(() => EMPTY),
    materialize(),
    filter(({ kind }) => kind === 'N'),
  );
  return events$.pipe(materialize(), mergeWith(news$), dematerialize());
};

const downloaded = async (
  job: Job,
  account: Account,
  bench: Bench,
  see: (event: DownloadEvent) => void,
): Promise<void> => {
  const { given, each, plan, stop$, asking } = bench;
  const { settings, seeding, targetFor, saveTorrent, opened } = plan;
  const patience = new Patience(each.timeout, given, asking);
  const placed = (torrent: Torrent): Observable<Target> =>
    defer(() => {
      job.torrent = torrent;
      if (saveTorrent !== undefined) writeNew(saveTorrent, encodeOriginal(torrent), flag(given, 'force'));
      return job.target === undefined ? targetFor(torrent) : of(job.target);
    }).pipe(tap((target) => (job.target = target)));
  const asked = {
    settings: { ...settings, ...selecting(job, settings) },
    seeding,
    limits: each.limits,
    placed,
    opened: (running: Download) => {
      job.named.files = () => running.files();
      opened?.(running);
    },
  };
  const events$ = withNews(downloadOf(bench, job, asked), job, given);
  const next = (told: DownloadEvent): void => {
    const event = plan.seen?.(told) ?? told;
    account.see(event);
    patience.see(event);
    see(event);
  };
  await followed(events$, next, patience.end$ === NEVER ? stop$ : merge(stop$, patience.end$));
  if (!account.done)
    throw new GaveUp(
      'no-peers',
      `no peer has the missing pieces${account.reason === undefined ? give(given, 'another') : `: ${account.reason}`}`,
    );
};

/**
 * Downloads one torrent, or seeds it, until it is over, and reports its end to the viewer. Calls `freed` once it is
 * complete: from then on it is seeding. Resolves with the error that ended it, if one did.
 */
export const work = async (job: Job, account: Account, bench: Bench, freed: () => void): Promise<unknown> => {
  const { plan, viewer } = bench;
  const tell = (how: Ending['how'], error?: unknown): void => {
    const { chosen } = job;
    const kept = plan.kept !== false;
    const path = account.path ?? pathOfJob(job);
    viewer.over(job.named, {
      how,
      figures: account.figures,
      place: path ?? job.named.name,
      ...(path !== undefined && { path }),
      kept,
      ...(chosen && { chosen }),
      ...(error !== undefined && { error }),
    });
  };
  const see = (event: DownloadEvent): void => {
    viewer.show(event, job.named);
    if (event.type !== 'done') return;
    freed();
    if (plan.seeding !== undefined) tell('seeding');
  };
  try {
    await downloaded(job, account, bench, see);
    tell(plan.seeding ? 'given' : 'complete');
    return undefined;
  } catch (error) {
    tell(error instanceof Interrupted ? 'stopped' : 'failed', error);
    return error;
  }
};
