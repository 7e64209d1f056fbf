import {
  concat,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  pipe,
  ReplaySubject,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { advertise } from '../operators/advertise.ts';
import { assemblePieces } from '../operators/assemblePieces.ts';
import { converse } from '../operators/converse.ts';
import { distinctPeers } from '../operators/distinctPeers.ts';
import { exchangePeers } from '../operators/exchangePeers.ts';
import { extensionHandshake } from '../operators/extensionHandshake.ts';
import { handshake } from '../operators/handshake.ts';
import { keepAlive } from '../operators/keepAlive.ts';
import { requestBlocks } from '../operators/requestBlocks.ts';
import { sampleProgress } from '../operators/sampleProgress.ts';
import { swarm } from '../operators/swarm.ts';
import { verifyPieces } from '../operators/verifyPieces.ts';
import { whenUnchoked } from '../operators/whenUnchoked.ts';
import { writePieces } from '../operators/writePieces.ts';
import { now } from './clock.ts';
import { defaultPace, inTurn, type Pace } from './discovery/pace.ts';
import { trackerPeers } from './discovery/trackerPeers.ts';
import type { DownloadEvent, Env, Peer, PeerAddress, PeerSource, PieceOutcome, Target } from './env.ts';
import { PeerError } from './errors.ts';
import { UT_PEX } from './protocol/utPex.ts';
import { calmly, keepRemembering, remember, rememberForGood, restore } from './resumption.ts';
import { scoped } from './scoped.ts';
import { Tally } from './tally.ts';
import { AddressBook, MAX_KNOWN } from './torrent/addressBook.ts';
import { Funnel } from './torrent/funnel.ts';
import type { Torrent } from './torrent/metainfo.ts';
import type { PieceOrder } from './torrent/pieceOrder.ts';
import { Suspects } from './torrent/suspects.ts';
import { transfer } from './transfer.ts';

const MiB = 2 ** 20;

export interface DownloadOptions {
  /** Where to put it. */
  readonly target: Target;
  /** 20 bytes; made up if not given. */
  readonly peerId?: Uint8Array;
  /** The port that trackers are told. 6881. */
  readonly port?: number;
  /** What is asked for first; rarest first after a few at random. */
  readonly order?: PieceOrder;
  /** Peers at one time. 200. */
  readonly maxPeers?: number;
  /** Bytes of pieces begun and not yet stored. 64 MiB; two pieces are always allowed. */
  readonly memory?: number;
  /** In which order and how often the sources of peers are asked; {@link defaultPace} if not given. */
  readonly pace?: Pace;
  /** Peers known beforehand. */
  readonly peers?: readonly PeerAddress[];
  /** Instead of the torrent's own, in tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[];
  /** Checks all that is on disk, whatever is remembered of it. */
  readonly recheck?: boolean;
  /** When it emits, nothing more is asked for; what has come is still stored, if need be when a full disk has room again, and the download completes. */
  readonly stop$?: Observable<unknown>;
}

/** Milliseconds between two looks at how far peers got. */
const FUNNEL_EVERY = 2_000;
/** Milliseconds to bear with a useless peer while others wait, or none does. */
const SILENCE = { starved: 10_000, crowded: 10_000, alone: 60_000 };
const CHOKED = { starved: 20_000, crowded: 120_000, alone: 900_000 };
const IDLE = { starved: 20_000, crowded: 120_000, alone: Infinity };

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
export const download = (torrent: Torrent, env: Env, options: DownloadOptions): Observable<DownloadEvent> =>
  (options.stop$ ?? EMPTY).pipe(
    take(1),
    // Whoever listens later must hear it, too: it may come between two phases.
    connect((stop$) => pipeline(torrent, env, options, stop$), { connector: () => new ReplaySubject(1) }),
  );

const pipeline = (torrent: Torrent, env: Env, options: DownloadOptions, stop$: Observable<unknown>): Observable<DownloadEvent> =>
  scoped(env.openStorage(torrent, options.target), (storage) =>
    defer(() => {
      const { maxPeers = 200, memory = 64 * MiB, port = 6881, peers = [], trackers = torrent.announce, pace = defaultPace } = options;
      const wanted$ = new Subject<number>(); // loop 1: the swarm is this many peers short
      const settled$ = new Subject<PieceOutcome>(); // loop 3: what became of each piece
      const liars$ = new Subject<Peer>(); // loop 4: who spoiled one
      const found$ = new Subject<PeerAddress>(); // loop 5: peers that peers told us about
      const news$ = new Subject<DownloadEvent>(); // what happens beside the pipe, for whoever watches

      // Loop 2, `wake$`: there are blocks, or room, to ask for more.
      const { geometry, picker, drafts, identity, wake$ } = transfer(torrent, env, { order: options.order, memory, peerId: options.peerId });
      const funnel = new Funnel<PeerSource>();
      const book = new AddressBook<PeerAddress>(MAX_KNOWN, { port, forgotten: (address, why) => funnel.lost(address, why) });
      const suspects = new Suspects<Peer>();
      const tally = new Tally(picker, book, drafts, funnel);
      const stored$ = settled$.pipe(filter(({ type }) => type === 'stored'));
      const patience = (limits: typeof SILENCE) => () => {
        if (book.waiting === 0 || book.active < maxPeers) return limits.alone;
        return tally.crowd.unchoked > 0 ? limits.crowded : limits.starved;
      };
      const report = (event: DownloadEvent): void => news$.next(event);
      const save = (clean: boolean) => remember(torrent, storage, picker, tally, clean);

      let named = false;
      // Peers tell of others as long as there are any: with the last of them this source ends, too.
      const forsaken = (): void => {
        if (named && book.active === 0 && book.waiting === 0 && book.nextIn(now()) === undefined) found$.complete();
      };
      const named$ = merge(
        from(peers),
        trackerPeers(env, {
          ...identity,
          port,
          tiers: trackers,
          // What the torrent does not name, people have.
          given: trackers.flat().filter((url) => !torrent.announce.flat().includes(url)),
          totals: () => tally.totals(),
          wanted$,
          completed$: stored$.pipe(filter(() => picker.complete)),
          report,
          seenAs: (host) => book.seenAs(host),
          pace: pace.trackers,
        }).pipe(inTurn(pace.trackers)),
      ).pipe(
        tap({
          complete: () => {
            named = true;
            forsaken();
          },
        }),
      );
      // The extensions of BEP 11 are not for private torrents (BEP 27).
      const names = torrent.private ? [] : [UT_PEX];

      const session = (address: PeerAddress) =>
        env.connect(address).pipe(
          tap(() => funnel.reached(address, 'connected')),
          handshake(identity),
          extensionHandshake({ names }),
          tap((peer) => news$.next(tally.joined(peer))),
          converse(
            pipe(whenUnchoked(picker, { patience: patience(CHOKED), idle: patience(IDLE) }), requestBlocks(picker, { wake$, patience: patience(SILENCE) })),
            advertise(picker, stored$.pipe(map(({ index }) => index))),
            exchangePeers(found$, { connected: () => tally.crowd.members }),
            expel(liars$),
            keepAlive(),
          ),
        );

      const addresses$ = merge(found$, named$).pipe(
        tap((address) => funnel.named(address)),
        distinctPeers(),
      );
      const fetched$ = addresses$.pipe(
        swarm(session, {
          book,
          maxPeers,
          wanted: wanted$,
          enough: Math.min(pace.enough, maxPeers),
          funnel,
          ended: (address, error) => {
            news$.next(tally.left(address, error));
            forsaken();
          },
        }),
        // eslint-disable-next-line rxjs-x/no-unsafe-takeuntil -- what has come is still stored
        takeUntil(stop$),
        assemblePieces(drafts),
        verifyPieces(env.verify(torrent)),
        tap((piece) => {
          for (const liar of suspects.examine(piece)) {
            // It may have hung up before its lie was found.
            book.ban(liar.address);
            liars$.next(liar);
          }
        }),
        writePieces(storage, geometry, { report: (warning) => news$.next(tally.warned(warning)) }),
        tap((outcome) => {
          picker.settle(outcome);
          tally.settled(outcome);
          settled$.next(outcome);
        }),
        takeWhile(() => !picker.complete, true),
      );

      // Before it is known what is there, the note of the run before knows better.
      let restored = false;
      const restored$ = restore(torrent, env, storage, picker, options.recheck === true).pipe(tap({ complete: () => (restored = true) }), takeUntil(stop$));
      const leave = () => (restored ? save(false) : EMPTY);
      const missing$ = defer(() => {
        if (picker.complete || !restored) return EMPTY;
        tally.phase = 'downloading';
        return concat(storage.prepare(), merge(fetched$.pipe(finalize(() => settled$.complete())), keepRemembering(settled$, save(false), report)));
      });
      const end$ = defer(() =>
        picker.complete ? concat(storage.prepare(), of(tally.done()), rememberForGood(storage, save(true), report)) : calmly(leave(), report),
      );
      let ended = false;
      return merge(
        news$,
        concat(restored$, missing$, end$).pipe(
          tap({ complete: () => (ended = true) }),
          finalize(() => {
            if (!ended) leave().subscribe({ error: () => {} });
            news$.complete();
          }),
        ),
      ).pipe(
        sampleProgress(() => tally.funnel(), FUNNEL_EVERY),
        sampleProgress(() => tally.progress()),
      );
    }),
  );

/** Hangs up on a peer that is proved to have sent wrong bytes. */
const expel =
  (liars$: Observable<Peer>) =>
  (peers: Observable<Peer>): Observable<never> =>
    peers.pipe(
      mergeMap((peer) =>
        liars$.pipe(
          filter((liar) => liar.address === peer.address),
          mergeMap(() => throwError(() => new PeerError('corrupt', `${peer.address.host}:${peer.address.port}: sent wrong bytes`))),
        ),
      ),
      ignoreElements(),
    );
