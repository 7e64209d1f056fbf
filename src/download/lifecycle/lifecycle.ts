import {
  asapScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  endWith,
  filter,
  finalize,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  observeOn,
  of,
  startWith,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import { together, until } from '../../discovery/until.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent, PieceOutcome, Rechecked, Restored } from '../../contracts/events.ts';
import { restoredOf } from '../../contracts/plain.ts';
import { beginning } from '../storage/beginning.ts';
import { finished } from '../storage/completion.ts';
import type { Block } from '../../contracts/peer.ts';
import type { Settled } from '../state/loops.ts';
import type { DownloadOptions } from '../options.ts';
import type { Chosen, Parts } from '../parts.ts';
import { reselecting } from './reselection.ts';
import { calmly, COUNT_EVERY, keepCounting, keepRemembering, rememberForGood } from '../storage/resumeData.ts';
import { incomplete } from '../limits/seedGoal.ts';
import { beside } from '../swarm/stopping.ts';

/**
 * One torrent from its files to its end: checks the data on disk, fetches the missing pieces from `blocks$` by
 * `pieces`, seeds the complete torrent, and notes what is stored.
 *
 * ```
 * files     -r-r|
 * pieces$       s-c-s-s|
 * gives     -r-(rR)-s-c-s-sd|   rechecked, restored, stored, corrupt, done
 * ```
 *
 * `Phase` holds the current phase. When stopped it completes without `done`; unsubscribing writes a note, too.
 *
 * @throws StorageError
 */
export const lifecycle = (
  parts: Parts,
  env: Env,
  options: Pick<DownloadOptions, 'recheck' | 'checks'> & Pick<Chosen, 'force' | 'selections$'>,
  blocks$: Observable<Block>,
  pieces: (blocks$: Observable<Block>, parts: Parts) => Observable<PieceOutcome>,
): Observable<DownloadEvent> =>
  defer(() => {
    const { picker, stopped$, resume, changes$, fetches } = parts;
    // No note where nothing is stored. And before the data on disk is checked, the last note is the better one.
    const leave = (): Observable<never> =>
      isRestored(parts) && (picker.stored.count > 0 || resume.found.note !== undefined)
        ? resume.save(!fetches && picker.complete)
        : EMPTY;
    const completion = completing(parts, env);
    const { selections$ } = options;
    let ended = false;
    const main$ = concat(
      restoring(parts, env, options).pipe(until(stopped$)),
      fetching(parts, blocks$, pieces, completion, selections$ === EMPTY),
      ending(parts, completion, leave),
      readToTheEnd(parts),
    ).pipe(
      tap({ complete: () => (ended = true) }),
      finalize(() => {
        parts.shelf.end();
        if (!ended) leave().subscribe({ error: () => {} });
      }),
    );
    const aside$ = together(changes$, selections$ === EMPTY ? EMPTY : reselecting(parts, env, options));
    return aside$ === EMPTY ? main$ : beside(main$, aside$);
  });

/** Has all data on disk been checked? */
const isRestored = ({ swarm }: Parts): boolean => swarm.stats.phase.state !== 'checking';

const restoring = (
  { torrent, storage, picker, selection, writable, shelf, resume, swarm: { stats, loops }, fetches }: Parts,
  env: Env,
  { recheck = false, checks, force }: Pick<DownloadOptions, 'recheck' | 'checks'> & { readonly force: boolean },
): Observable<Rechecked | Restored> => {
  const began = (): void => {
    stats.began = picker.stored.count;
    stats.phase.checked(picker.complete);
    // Reads that came before have waited for this.
    loops.stirred.next();
  };
  const restored$ = defer(() => (picker.stored.count > 0 ? of(restoredOf(picker.stored, picker.geometry)) : EMPTY));
  const files$ = beginning(torrent, env, storage, picker, {
    ...{ selection, fetches, writable, force, recheck, checks },
    found: (found) => {
      resume.found = found;
      if (found.note) stats.before = found.note;
    },
    sound: (index) => shelf.vouch(index),
  });
  return concat(files$.pipe(tap({ complete: began })), restored$);
};

/** What is done when the download is complete, and again whenever something has changed since. */
interface Completion {
  /** Emits its events, and flushes it to the disk. */
  readonly complete$: Observable<DownloadEvent>;
  readonly forGood$: Observable<never>;
}

const completing = (parts: Parts, env: Env): Completion => {
  const { torrent, storage, picker, files, resume, swarm, seeds } = parts;
  // Nothing is being written now: what is no longer wanted need not be there.
  const finished$ = defer(() => {
    files.wants = parts.selection.wants;
    return finished(torrent, env, storage, picker);
  });
  const forGood$ = rememberForGood(storage, resume.save(true), swarm.report);
  const done$ = defer(() => of(swarm.stats.done(seeds, storage)));
  return { forGood$, complete$: concat(finished$, done$, forGood$) };
};

const fetching = (
  parts: Parts,
  blocks$: Observable<Block>,
  pieces: (blocks$: Observable<Block>, parts: Parts) => Observable<PieceOutcome>,
  completion: Completion,
  steady: boolean,
): Observable<DownloadEvent> =>
  defer(() => {
    const { torrent, picker, resume, fetches, seeds } = parts;
    const { loops, stats, report } = parts.swarm;
    if ((picker.complete && !seeds) || !isRestored(parts)) return EMPTY;
    if (!fetches && !picker.complete) return incomplete(torrent.name, stats.progress());
    // No block comes, and so nothing waits for one: there may be a thousand of these.
    if (!fetches) {
      const given$ = steady
        ? concat(completion.complete$, keeping(parts, completion.forGood$))
        : seeding(parts, completion);
      return merge(blocks$.pipe(ignoreElements()), given$).pipe(until(parts.over$));
    }
    const all$ = pieces(blocks$, parts).pipe(finalize(() => loops.settled.complete()));
    const outcomes$ = loops.settled.pipe(filter(isOutcome));
    const seeding$ = seeding(parts, completion).pipe(takeUntil(endOf(outcomes$)));
    return merge(all$, seeding$, keepRemembering(outcomes$, resume.save(false), report));
  });

const isOutcome = (settled: Settled): settled is PieceOutcome =>
  settled.type === 'stored' || settled.type === 'corrupt';

/** Emits when no further piece is to come. */
const endOf = (source$: Observable<unknown>): Observable<unknown> => source$.pipe(ignoreElements(), endWith(undefined));

/**
 * What is told when the download is complete, and again when it is complete with other files than before. Never
 * completes.
 */
const seeding = (parts: Parts, { complete$, forGood$ }: Completion): Observable<DownloadEvent> => {
  const { loops, stats } = parts.swarm;
  const due = (): boolean => parts.seeds && stats.phase.state === 'finishing';
  let kept$ = keeping(parts, forGood$);
  return loops.settled.pipe(
    filter(({ type }) => type === 'stored' || type === 'found' || type === 'reselected'),
    startWith(undefined),
    filter(due),
    observeOn(asapScheduler), // the last piece is told before
    concatMap(() => (due() ? concat(complete$, of(undefined)) : EMPTY)),
    // From the first time on the files are watched.
    mergeMap((event) => {
      if (event !== undefined) return of(event);
      const first$ = kept$;
      kept$ = EMPTY;
      return first$;
    }),
  );
};

/** While it is seeded: watches the files, and counts the uploaded bytes. Never completes. */
const keeping = (
  { picker, shelf, swarm: { stats, ticks }, resume, fetches }: Parts,
  forGood$: Observable<never>,
): Observable<never> => {
  const uploaded = (): number => stats.lifetime.uploaded;
  const counted$ = keepCounting(
    uploaded,
    defer(() => (picker.complete ? forGood$ : EMPTY)),
    ticks(COUNT_EVERY),
  );
  // The files of an idle torrent are not watched.
  const looks = (every: number): Observable<void> => ticks(every).pipe(filter(() => !stats.asleep));
  return defer(() => merge(shelf.watch(looks, fetches ? undefined : resume.found.stamps), counted$));
};

/** Reads in progress get everything stored before the files are closed. */
const readToTheEnd = ({ picker: { readers }, swarm: { loops } }: Parts): Observable<never> =>
  defer(() =>
    readers.reading
      ? loops.stirred.pipe(
          takeWhile(() => readers.reading),
          ignoreElements(),
        )
      : EMPTY,
  );

const ending = (
  { picker, swarm: { stats, report } }: Parts,
  { complete$, forGood$ }: Completion,
  leave: () => Observable<never>,
): Observable<DownloadEvent> =>
  defer(() => {
    if (!picker.complete) return calmly(leave(), report);
    return stats.phase.seeds ? forGood$ : complete$;
  });
