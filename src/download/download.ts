import {
  asapScheduler,
  concat,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  ignoreElements,
  last,
  map,
  merge,
  startWith,
  mergeMap,
  NEVER,
  type Observable,
  observeOn,
  of,
  ReplaySubject,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import { assemblePieces } from '../../operators/assemblePieces.ts';
import { banLiars } from '../../operators/banLiars.ts';
import { verifyPieces } from '../../operators/verifyPieces.ts';
import { writePieces } from '../../operators/writePieces.ts';
import { beginning } from './beginning.ts';
import { type ListenPort, listenPort } from './listenPort.ts';
import type { DownloadOptions, Selection } from './options.ts';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent, PieceOutcome } from '../contracts/events.ts';
import type { Peer } from '../contracts/peer.ts';
import type { Storage } from '../contracts/storage.ts';
import { InputError } from '../contracts/errors.ts';
import { peersOf } from './magnet/fetchTorrent.ts';
import { following } from './following.ts';
import { type TorrentSwarm, torrentSwarm } from './torrentSwarm.ts';
import { allowancesOf } from './rateLimits.ts';
import { finished, notedFirst } from './completion.ts';
import {
  calmly,
  claim,
  COUNT_EVERY,
  type Found,
  keepCounting,
  keepRemembering,
  remember,
  rememberForGood,
} from './resumeData.ts';
import { scoped } from './scoped.ts';
import { downloadSession, type SessionContext } from './conversation.ts';
import { givenEnough, incomplete } from './seedGoal.ts';
import { VerifiedReader } from './verifiedReader.ts';
import { Choker } from '../torrent/upload/choker.ts';
import { Lull } from '../torrent/peers/lull.ts';
import type { MagnetLink } from '../torrent/metainfo/magnet.ts';
import { FileSelection } from '../torrent/picker/fileSelection.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { SuperSeed } from '../torrent/upload/superSeed.ts';
import { selects } from '../torrent/metainfo/selection.ts';
import { downloadState } from './downloadState.ts';
import { anyOf, until } from '../discovery/until.ts';
import { type Talk, resolveMagnet } from './magnet/resolveMagnet.ts';
import { reporting, watched } from './watched.ts';

export type { DownloadOptions, Selection } from './options.ts';

const MiB = 2 ** 20;

/**
 * From announce to byte on disk: all pieces of `torrent`, verified, in the files of `target`.
 *
 * ```
 * gives   r-r-p-s-s-p-c-s-p-…-s-d|   rechecked, progress, stored, corrupt, done
 * ```
 *
 * Cold: may be subscribed to twice. Completes after `done`; or without it when stopped, or when there is nobody left to
 * ask. Unsubscribing hangs up on everyone, tells the trackers, and remembers what is stored.
 *
 * @throws StorageError, InvariantError. A peer or a tracker never ends it.
 */
export const download = (
  source: Torrent | MagnetLink,
  env: Env,
  options: DownloadOptions,
): Observable<DownloadEvent> => {
  const inside = (stop$: Observable<unknown>): Observable<DownloadEvent> =>
    scoped(listenPort(source.infoHash, options), (door) => events(source, env, { ...options, ...door }, stop$));
  return options.stop$ === undefined
    ? inside(NEVER)
    : options.stop$.pipe(
        take(1),
        // Whoever listens later must hear it, too: it may come between two phases.
        connect(inside, { connector: () => new ReplaySubject(1) }),
      );
};

/** All that happens, beside the pipe, too. */
const events = (
  source: Torrent | MagnetLink,
  env: Env,
  options: DownloadOptions & ListenPort,
  stop$: Observable<unknown>,
): Observable<DownloadEvent> =>
  reporting((report) => {
    const peers = isMagnet(source) ? [...(options.peers ?? []), ...peersOf(source)] : options.peers;
    const there = torrentSwarm(source, env, { ...options, peers, report });
    const seen = (main$: Observable<DownloadEvent>): Observable<DownloadEvent> => watched(main$, options.news, there);
    const { target, placed = () => of(target), select = isMagnet(source) ? source.select : undefined } = options;
    const chosen = (torrent: Torrent): Observable<Selection> =>
      typeof select === 'function' ? select(torrent) : of(select);
    const stored = (torrent: Torrent, main: (storage: Storage, chosen: Chosen) => Observable<DownloadEvent>) =>
      following(chosen(torrent), (select) =>
        following(placed(torrent), (place) => {
          const only = options.seed?.only === true && { readOnly: true };
          return scoped(env.openStorage(torrent, { ...place, wanted: selects(select), ...only }), (storage) =>
            main(storage, { select, force: place.force }),
          );
        }),
      );
    const goOn = (torrent: Torrent, storage: Storage, what: Chosen, talk: Talk) =>
      pipeline(torrent, storage, env, { ...options, ...what }, stop$, there, talk);
    if (!isMagnet(source)) {
      const talk: Talk = (context) => there.swarm(downloadSession(env, context));
      return stored(source, (storage, what) => seen(goOn(source, storage, what, talk)));
    }
    return seen(
      resolveMagnet(source, env, options, stop$, there, (torrent, talk) =>
        stored(torrent, (storage, what) => goOn(torrent, storage, what, talk)),
      ),
    );
  });

/** What is known once a place has been chosen. */
interface Chosen {
  readonly select: Selection;
  readonly force: boolean | undefined;
}

const isMagnet = (source: Torrent | MagnetLink): source is MagnetLink => !('info' in source);

const pipeline = (
  torrent: Torrent,
  storage: Storage,
  env: Env,
  options: Omit<DownloadOptions, 'select'> & ListenPort & Chosen,
  stop$: Observable<unknown>,
  there: TorrentSwarm,
  talk: Talk,
): Observable<DownloadEvent> =>
  defer(() => {
    const { memory = 64 * MiB, port, listens, seed } = options;
    const { peerId, book, stats: tally, loops, completed$, dht$, report } = there;
    const { expelled, found: found$, stirred } = loops;
    const fetches = seed?.only !== true;
    const settled$ = new Subject<PieceOutcome>(); // loop 3: what became of each piece
    const lost$ = new Subject<number>(); // pieces that are no longer on disk as they should be

    // Loop 2, `wake$`: there are blocks, or room, to ask for more.
    const shared = downloadState(torrent, env, { order: options.order, ordered: storage.ordered, memory, peerId });
    const { geometry, picker, drafts } = shared;
    const selection = new FileSelection(torrent, geometry, options.select);
    tally.begin(picker, drafts, selection);
    if (selection.files === 0)
      throw new InputError('bad-option', `none of the files is selected: there are ${torrent.files.length}, from 0`);
    for (const index of selection.excluded) picker.exclude(index);
    const stored$ = settled$.pipe(filter(({ type }) => type === 'stored'));
    const lost = (index: number, message: string): void => {
      picker.lose(index);
      // What only gives fetches nothing.
      if (!fetches) picker.exclude(index);
      lost$.next(index);
      report({ type: 'warning', code: 'damaged', message });
    };
    const shelf = new VerifiedReader(torrent, env, storage, { stored: picker.stored, lost });
    const choker = new Choker<Peer>({
      random: () => env.random(),
      pieceLength: torrent.pieceLength,
      seeding: () => picker.complete,
      strategy: options.choker,
      slots: options.slots,
    });
    const save = (clean: boolean) => remember(torrent, storage, picker, tally, clean);

    let found: Found = { note: undefined, stamps: [] };
    const writable = notedFirst(
      storage,
      defer(() => claim(torrent, storage, picker, tally, found)),
    );

    const { changes$, ...limits } = allowancesOf(options.limits);
    tally.held = () => limits.down?.awaited === true;
    const company: SessionContext = {
      swarm: there,
      transfer: shared,
      info: torrent.info,
      limits,
      lull: new Lull<Peer>(() => tally.crowd.members),
      secluded: torrent.private || options.pex === false,
      choker,
      shelf,
      lost$,
      superSeed: seed?.super === true ? new SuperSeed<Peer>(geometry.pieceCount, () => env.random()) : undefined,
      choking: report,
      stored$: stored$.pipe(map(({ index }) => index)),
      found: found$,
      // A magnet link has it until it is known that it may not (BEP 27).
      dht$: torrent.private ? undefined : dht$,
      ...(listens && { port }),
    };
    const enough$ = givenEnough(seed, tally, stirred);
    const over$ = anyOf(stop$, enough$ === NEVER ? NEVER : enough$.pipe(tap(report)));
    const fetched$ = talk(company).pipe(
      // What has come is still stored.
      until(over$),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book, expelled }),
      writePieces(writable, picker, { report: (warning) => report(tally.warned(warning)) }),
      tap((outcome) => {
        tally.settled(outcome);
        if (outcome.type === 'stored') shelf.vouch(outcome.index);
        settled$.next(outcome);
        // What was there from the start, or is only part of it, has not been completed.
        if (picker.stored.full && began < geometry.pieceCount) completed$.next();
      }),
      takeWhile(() => seed !== undefined || !picker.complete, true),
    );

    // Before it is known what is there, the note of the run before knows better.
    let restored = false;
    let began = 0; // pieces that were there
    const restored$ = beginning(torrent, env, storage, picker, {
      ...{
        selection,
        fetches,
        writable,
        force: options.force === true,
        recheck: options.recheck === true,
        checks: options.checks,
      },
      found: (what) => {
        found = what;
        if (what.note) tally.before = what.note;
      },
      sound: (index) => shelf.vouch(index),
    }).pipe(tap({ complete: () => ([restored, began] = [true, picker.stored.count]) }), until(stop$));
    // Where nothing of it is, nothing is left behind.
    const leave = () =>
      restored && (picker.stored.count > 0 || found.note !== undefined) ? save(!fetches && picker.complete) : EMPTY;
    const forGood$ = rememberForGood(storage, save(true), report);
    const complete$ = concat(
      finished(torrent, env, storage, picker),
      defer(() => of(tally.done(seed ? 'seeding' : 'done', storage))),
      forGood$,
    );
    const counted$ = keepCounting(
      () => tally.lifetime.uploaded,
      defer(() => (picker.complete ? forGood$ : EMPTY)),
      there.ticks(COUNT_EVERY),
    );
    // Nobody looks at what nobody wants.
    const looks = (every: number): Observable<void> => there.ticks(every).pipe(filter(() => !tally.asleep));
    const kept$ = defer(() =>
      concat(complete$, merge(shelf.watch(looks, fetches ? undefined : found.stamps), counted$)),
    );
    const seeding$ = stored$.pipe(
      startWith(undefined),
      filter(() => seed !== undefined && picker.complete),
      take(1),
      observeOn(asapScheduler), // the last piece is told before
      mergeMap(() => kept$),
      takeUntil(settled$.pipe(last(null, undefined))),
    );
    const fetching$ = defer(() => {
      if ((picker.complete && seed === undefined) || !restored) return EMPTY;
      if (!fetches && !picker.complete) return incomplete(torrent.name, tally.progress());
      tally.phase = 'downloading';
      // Nothing comes: then nothing waits for it, a thousand times.
      if (!fetches) return merge(talk(company).pipe(ignoreElements()), kept$).pipe(until(over$));
      return merge(
        fetched$.pipe(finalize(() => settled$.complete())),
        seeding$,
        keepRemembering(settled$, save(false), report),
      );
    });
    const end$ = defer(() => {
      if (!picker.complete) return calmly(leave(), report);
      return tally.phase === 'seeding' ? forGood$ : complete$;
    });
    let ended = false;
    const main$ = concat(restored$, fetching$, end$).pipe(
      tap({ complete: () => (ended = true) }),
      finalize(() => {
        if (!ended) leave().subscribe({ error: () => {} });
      }),
    );
    return changes$ === EMPTY ? main$ : scoped(merge(changes$, of(undefined)), () => main$);
  });
