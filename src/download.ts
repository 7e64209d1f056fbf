import {
  asapScheduler,
  concat,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  last,
  map,
  merge,
  startWith,
  mergeMap,
  type Observable,
  observeOn,
  of,
  ReplaySubject,
  Subject,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import { assemblePieces } from '../operators/assemblePieces.ts';
import { sampleProgress } from '../operators/sampleProgress.ts';
import { verifyPieces } from '../operators/verifyPieces.ts';
import { writePieces } from '../operators/writePieces.ts';
import { type Door, doorFor, type DoorOptions } from './door.ts';
import type { DownloadEvent, Env, Peer, PieceOutcome, Storage, Target } from './env.ts';
import { InputError } from './errors.ts';
import { peersOf } from './fetchTorrent.ts';
import { type Gathering, gathering } from './gathering.ts';
import { allowancesOf, type Limits } from './limits.ts';
import { calmly, keepCounting, keepRemembering, remember, rememberForGood, restore } from './resumption.ts';
import { scoped } from './scoped.ts';
import { session } from './session.ts';
import { givenEnough, incomplete, type SeedOptions } from './seeding.ts';
import { PieceShelf } from './shelf.ts';
import type { SourceOptions } from './sources.ts';
import { Choker } from './torrent/choker.ts';
import type { ChokeStrategy } from './torrent/chokeStrategy.ts';
import type { ConnectionBudget } from './torrent/connectionBudget.ts';
import type { MagnetLink } from './torrent/magnet.ts';
import type { Torrent } from './torrent/metainfo.ts';
import type { PieceOrder } from './torrent/pieceOrder.ts';
import { SuperSeed } from './torrent/superSeed.ts';
import { selects, type Span, unselected } from './torrent/selection.ts';
import { Suspects } from './torrent/suspects.ts';
import { transfer } from './transfer.ts';
import { type Talk, untilKnown } from './untilKnown.ts';

const MiB = 2 ** 20;

/** Spans of numbers of files, in order; all files if undefined. */
export type Selection = readonly Span[] | undefined;

export interface DownloadOptions extends SourceOptions, DoorOptions {
  /** Where to put it. */
  readonly target: Target;
  /** The same, for whoever must know the torrent of a magnet link first; then `target` does not count. */
  readonly placed?: ((torrent: Torrent) => Observable<Target>) | undefined;
  /** 20 bytes; made up if not given. */
  readonly peerId?: Uint8Array;
  /** What is asked for first; rarest first after a few at random. */
  readonly order?: PieceOrder;
  /** Whom we serve; those who give us most and some by chance, and while seeding everybody in turn. */
  readonly choker?: ChokeStrategy;
  /** How many are served at one time; as many as the line bears if not given. */
  readonly slots?: number;
  /** Goes on when it is complete, and gives to others until it has given enough; `{}` is for ever. Without it the download ends. */
  readonly seed?: SeedOptions;
  /** Peers at one time. 200. */
  readonly maxPeers?: number;
  /** Bytes of pieces begun and not yet stored. 64 MiB; two pieces are always allowed. */
  readonly memory?: number;
  /** Bytes a second, each way, as they change; none if not given. */
  readonly limits?: Limits;
  /** Connections and dials that are shared with other downloads. */
  readonly budget?: ConnectionBudget;
  /** Peers tell each other of others (BEP 11). Yes; never for private torrents. */
  readonly pex?: boolean;
  /** Files that are wanted, by their numbers from 0 (BEP 53), or what chooses them once the torrent is known; the link's own, or all, if not given. */
  readonly select?: Selection | ((torrent: Torrent) => Observable<Selection>) | undefined;
  /** Checks all that is on disk, whatever is remembered of it. */
  readonly recheck?: boolean;
  /** When it emits, nothing more is asked for; what has come is still stored, if need be when a full disk has room again, and the download completes. */
  readonly stop$?: Observable<unknown>;
}

/** Milliseconds between two looks at how far peers got. */
const FUNNEL_EVERY = 2_000;

/**
 * From announce to byte on disk: all pieces of `torrent`, verified, in the files of `target`.
 *
 * ```
 * gives   r-r-p-s-s-p-c-s-p-…-s-d|   rechecked, progress, stored, corrupt, done
 * ```
 *
 * Cold: may be subscribed to twice. Completes after `done`; or without it when stopped, or when there is nobody left to ask.
 * Unsubscribing hangs up on everyone, tells the trackers, and remembers what is stored.
 *
 * @throws StorageError, InvariantError. A peer or a tracker never ends it.
 */
export const download = (source: Torrent | MagnetLink, env: Env, options: DownloadOptions): Observable<DownloadEvent> =>
  (options.stop$ ?? EMPTY).pipe(
    take(1),
    // Whoever listens later must hear it, too: it may come between two phases.
    connect((stop$) => scoped(doorFor(source.infoHash, options), (door) => events(source, env, { ...options, ...door }, stop$)), {
      connector: () => new ReplaySubject(1),
    }),
  );

/** All that happens, beside the pipe, too. */
const events = (source: Torrent | MagnetLink, env: Env, options: DownloadOptions & Door, stop$: Observable<unknown>): Observable<DownloadEvent> =>
  defer(() => {
    const there = gathering(source, env, isMagnet(source) ? { ...options, peers: [...(options.peers ?? []), ...peersOf(source)] } : options);
    const { tally, news$ } = there;
    const watched = (main$: Observable<DownloadEvent>): Observable<DownloadEvent> =>
      merge(from(options.news), news$, main$.pipe(finalize(() => news$.complete()))).pipe(
        sampleProgress(() => tally.funnel(), FUNNEL_EVERY),
        sampleProgress(() => tally.progress()),
      );
    const { target, placed = () => of(target), select = isMagnet(source) ? source.select : undefined } = options;
    const chosen = (torrent: Torrent): Observable<Selection> => (typeof select === 'function' ? select(torrent) : of(select));
    const stored = (torrent: Torrent, main: (storage: Storage, selected: Selection) => Observable<DownloadEvent>) =>
      chosen(torrent).pipe(
        switchMap((selected) => placed(torrent).pipe(switchMap((place) => scoped(env.openStorage(torrent, place), (storage) => main(storage, selected))))),
      );
    const goOn = (torrent: Torrent, storage: Storage, selected: Selection, talk: Talk) =>
      pipeline(torrent, storage, env, { ...options, select: selected }, stop$, there, talk);
    if (!isMagnet(source)) {
      return stored(source, (storage, selected) => watched(goOn(source, storage, selected, (company) => there.swarm(session(env, company)))));
    }
    return watched(
      untilKnown(source, env, options, stop$, there, (torrent, talk) => stored(torrent, (storage, selected) => goOn(torrent, storage, selected, talk))),
    );
  });

const isMagnet = (source: Torrent | MagnetLink): source is MagnetLink => !('info' in source);

const pipeline = (
  torrent: Torrent,
  storage: Storage,
  env: Env,
  options: Omit<DownloadOptions, 'select'> & Door & { readonly select: Selection },
  stop$: Observable<unknown>,
  there: Gathering,
  talk: Talk,
): Observable<DownloadEvent> =>
  defer(() => {
    const { memory = 64 * MiB, port, listens, seed } = options;
    const { peerId, funnel, book, tally, expelled$, found$, completed$, dht$, report } = there;
    const settled$ = new Subject<PieceOutcome>(); // loop 3: what became of each piece
    const lost$ = new Subject<number>(); // pieces that are no longer on disk as they should be

    // Loop 2, `wake$`: there are blocks, or room, to ask for more.
    const shared = transfer(torrent, env, { order: options.order, memory, peerId });
    const { geometry, picker, drafts } = shared;
    tally.begin(picker, drafts);
    const unwanted = unselected(torrent, geometry, options.select);
    if (unwanted.length === geometry.pieceCount) throw new InputError('bad-option', `none of the files is selected: there are ${torrent.files.length}, from 0`);
    for (const index of unwanted) picker.exclude(index);
    const suspects = new Suspects<Peer>();
    const stored$ = settled$.pipe(filter(({ type }) => type === 'stored'));
    const lost = (index: number, message: string): void => {
      picker.lose(index);
      lost$.next(index);
      report({ type: 'warning', code: 'damaged', message });
    };
    const shelf = new PieceShelf(torrent, env, storage, { stored: picker.stored, lost });
    const choker = new Choker<Peer>({
      random: () => env.random(),
      pieceLength: torrent.pieceLength,
      seeding: () => picker.complete,
      strategy: options.choker,
      slots: options.slots,
    });
    const save = (clean: boolean) => remember(torrent, storage, picker, tally, clean);

    const { changes$, ...limits } = allowancesOf(options.limits);
    tally.held = () => limits.down?.awaited === true;
    const company = {
      transfer: shared,
      info: torrent.info,
      limits,
      crowd: tally.crowd,
      funnel,
      secluded: torrent.private || options.pex === false,
      choker,
      shelf,
      lost$,
      superSeed: seed?.super === true ? new SuperSeed<Peer>(geometry.pieceCount, () => env.random()) : undefined,
      choking: report,
      crowded: there.crowded,
      stored$: stored$.pipe(map(({ index }) => index)),
      found$,
      // A magnet link has it until it is known that it may not (BEP 27).
      dht$: torrent.private ? undefined : dht$,
      expelled$,
      ...(listens && { port }),
      introduced: (peer: Peer) => there.introduced(peer),
      joined: there.joined,
    };
    const enough$ = givenEnough(seed, tally).pipe(tap(report));
    const fetched$ = talk(company).pipe(
      // eslint-disable-next-line rxjs-x/no-unsafe-takeuntil -- what has come is still stored
      takeUntil(merge(stop$, enough$)),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      tap((piece) => {
        for (const liar of suspects.examine(piece)) {
          // It may have hung up before its lie was found.
          book.ban(liar.address);
          expelled$.next({ peer: liar, code: 'corrupt', why: 'sent wrong bytes' });
        }
      }),
      writePieces(storage, geometry, { report: (warning) => report(tally.warned(warning)) }),
      tap((outcome) => {
        picker.settle(outcome);
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
    const restored$ = restore(torrent, env, storage, picker, options.recheck === true, (totals) => (tally.before = totals)).pipe(
      tap({ next: ({ index, valid }) => valid && shelf.vouch(index), complete: () => ([restored, began] = [true, picker.stored.count]) }),
      takeUntil(stop$),
    );
    const leave = () => (restored ? save(false) : EMPTY);
    const forGood$ = rememberForGood(storage, save(true), report);
    const complete$ = defer(() => concat(of(tally.done(seed && 'seeding')), forGood$));
    const counted$ = keepCounting(
      () => tally.lifetime.uploaded,
      defer(() => (picker.complete ? forGood$ : EMPTY)),
    );
    const seeding$ = stored$.pipe(
      startWith(undefined),
      filter(() => seed !== undefined && picker.complete),
      take(1),
      observeOn(asapScheduler), // the last piece is told before
      mergeMap(() => concat(complete$, merge(shelf.watch(), counted$))),
      takeUntil(settled$.pipe(last(null, undefined))),
    );
    const fetching$ = defer(() => {
      if ((picker.complete && seed === undefined) || !restored) return EMPTY;
      if (seed?.only === true && !picker.complete) return incomplete(torrent.name, picker.stored);
      tally.phase = 'downloading';
      return concat(
        storage.prepare(selects(options.select)),
        merge(fetched$.pipe(finalize(() => settled$.complete())), seeding$, keepRemembering(settled$, save(false), report)),
      );
    });
    const end$ = defer(() => {
      if (!picker.complete) return calmly(leave(), report);
      if (tally.phase === 'seeding') return forGood$;
      return concat(storage.prepare(selects(options.select)), complete$);
    });
    let ended = false;
    return merge(
      changes$.pipe(takeUntil(there.news$.pipe(last(null, undefined)))),
      concat(restored$, fetching$, end$).pipe(
        tap({ complete: () => (ended = true) }),
        finalize(() => {
          if (!ended) leave().subscribe({ error: () => {} });
          there.news$.complete();
        }),
      ),
    );
  });
