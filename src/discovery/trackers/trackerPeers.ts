import {
  catchError,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  forkJoin,
  map,
  merge,
  type Observable,
  ReplaySubject,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { type Backoff, backoff } from '../../../operators/backoff.ts';
import { replenish } from '../../../operators/replenish.ts';
import { now } from '../../contracts/clock.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { Announcer, type TrackerEnv, type TrackerPeersOptions } from './announcer.ts';
import { Rota } from './rota.ts';
import { TierSession } from './tierSession.ts';
import { tiersOf } from './tiers.ts';

export type { TrackerEnv, TrackerPeersOptions };

/** Maximum duration of all `stopped` announces, in milliseconds. */
export const GOODBYE_TIMEOUT = 5000;

/**
 * The addresses that a torrent's trackers name, for as long as it is subscribed to.
 *
 * ```
 *   tier 1   (r|)     --(r|)
 *   tier 2     --(r|)            asked beside it while peers are wanted, at rest when there are enough
 *   result   (a)-(bc)--(a)
 * ```
 *
 * Each tier has its own session, over HTTP (BEP 3) or UDP (BEP 15). The first one is asked immediately, and always.
 * Each of the others is asked 1.5 s after the one before it as long as peers are wanted, and immediately if none before
 * it works. Within a tier (BEP 12) the next tracker is asked immediately when one fails, and concurrently when one is
 * silent for 1.5 s. The first that answers comes to the front; later answers of the others are used, too.
 *
 * A tier is asked again after its `interval`, and earlier while peers are wanted: never before its `min interval` or,
 * without one, a minute, and less and less often. If none of its trackers answers, it is asked again after 5 s, then
 * after twice as long each time up to 30 min (give or take half), or after as long as they ask for (BEP 31). Sends
 * `started`, `completed` and, when unsubscribed, `stopped` to the trackers of each tier that know us; the last
 * continues on its own for at most 5 s. Reports each tracker's state as a `TrackerStatus`, and each answer as
 * `Announced`.
 *
 * Never errors because of a tracker: failures are reported as `Warning`s. Completes if there is no tracker, or none
 * that may ever be asked again.
 */
export const trackerPeers = (env: TrackerEnv, options: TrackerPeersOptions): Observable<PeerAddress> =>
  defer(() => {
    const announcer = new Announcer(env, options);
    const tiers = tiersOf(options.tiers, env.random);
    options.tiered?.(tiers);
    const sessions: readonly TierSession[] = tiers.map(
      (tier) => new TierSession(tier, announcer, () => rota.changed()),
    );
    const rota = new Rota(sessions, () => announcer.pace.stagger);
    if (sessions.length === 0) return EMPTY;
    const incomplete = options.totals().left > 0;
    const completed$ = options.completed$.pipe(
      filter(() => incomplete),
      take(1),
      tap(() => sessions.forEach((session) => session.completes())),
      map(() => announcer.wanted),
    );
    const wanted$ = merge(completed$, options.wanted$.pipe(tap((count) => (announcer.wanted = count))));
    // Each wait is asked for anew.
    const pause: Backoff = (...failure) => backoff({ ...announcer.pace.retry, random: env.random })(...failure);
    const over$ = new ReplaySubject<void>(1);
    const all = (wanted$: Observable<number>): Observable<PeerAddress> => {
      const tiers$ = merge(...sessions.map((session, at) => peersOfTier(session, rota, at, wanted$, pause)));
      return merge(tiers$.pipe(finalize(() => over$.next())), rota.run(wanted$).pipe(takeUntil(over$)));
    };
    // A tier whose turn comes later must know the number of wanted peers, too.
    return wanted$.pipe(
      connect(all, { connector: () => new ReplaySubject(1) }),
      finalize(() =>
        merge(...sessions.map((session) => session.goodbye()))
          .pipe(takeUntil(timer(GOODBYE_TIMEOUT)))
          .subscribe(),
      ),
    );
  });

/** Asks one tier whenever it is its turn, again and again. */
const peersOfTier = (
  session: TierSession,
  rota: Rota,
  at: number,
  wanted$: Observable<number>,
  pause: Backoff,
): Observable<PeerAddress> => {
  // A late answer ends the delay as if it had come in time.
  const delay = (error: unknown, count: number) =>
    forkJoin([pause(error, count), timer(session.tier.rest(now()))]).pipe(takeUntil(session.answers$));
  const rounds$ = rota.turn(at).pipe(
    switchMap(() => session.round(rota.rests(at))),
    // Its values only signal that `atLeast` may have changed.
    replenish({ wanted$: wanted$.pipe(map(() => 1)), atLeast: session.atLeast, atMost: session.atMost, delay }),
    catchError((error: unknown) => (session.tier.all.length === 0 ? EMPTY : throwError(() => error))),
    finalize(() => session.ends()),
  );
  return merge(session.peers$, rota.turn(at).pipe(switchMap(() => rounds$)));
};
