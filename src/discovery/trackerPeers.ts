import { catchError, defer, EMPTY, filter, finalize, forkJoin, map, merge, type Observable, take, takeUntil, tap, throwError, timer } from 'rxjs';
import { backoff } from '../../operators/backoff.ts';
import { replenish } from '../../operators/replenish.ts';
import { now } from '../clock.ts';
import type { PeerAddress } from '../env.ts';
import { defaultPace } from './pace.ts';
import { type TrackerEnv, type TrackerPeersOptions, TrackerSession } from './trackerSession.ts';

export type { TrackerEnv, TrackerPeersOptions };

/**
 * The addresses that a torrent's trackers know, for as long as it is subscribed to.
 *
 * ```
 *   tracker 1  --#          --#
 *   tracker 2    --(r|)       --(r|)
 *   result     ----(abc)----…---(ad)----
 * ```
 *
 * Asks the trackers, over HTTP (BEP 3) or UDP (BEP 15), in the order of their tiers until one answers (BEP 12); when one is
 * silent for 15 s the next one is asked while the first may still answer. Asks again after its `interval`, and early while
 * peers are wanted: never before `min interval` or, without one, a minute, and less and less often. When none answers, waits 5 s, then
 * twice as long each time up to 30 min, give or take half, or as long as they ask for (BEP 31). Says `started`,
 * `completed` and, when unsubscribed, `stopped`: that goes on for 5 s at most, on its own. Reports each tracker's state as a
 * `TrackerStatus`, each answer as `Announced`.
 *
 * Never errors because of a tracker: that is reported as a `Warning`. Completes when there is no tracker, or none that
 * may ever be asked again.
 */
export const trackerPeers = (env: TrackerEnv, options: TrackerPeersOptions): Observable<PeerAddress> =>
  defer(() => {
    const session = new TrackerSession(env, options);
    if (session.tiers.all.length === 0) return EMPTY;
    const incomplete = options.totals().left > 0;
    const completed$ = options.completed$.pipe(
      filter(() => incomplete),
      take(1),
      tap(() => session.completes()),
    );
    // What it emits only says that `atLeast` may have changed.
    const wanted$ = merge(completed$, options.wanted$.pipe(tap((count) => session.wants(count)))).pipe(map(() => 1));
    const pause = backoff({ ...(options.pace ?? defaultPace.trackers).retry, random: env.random });
    // An answer that came late ends the lookup as if it had come in time.
    const delay = (error: unknown, count: number) => forkJoin([pause(error, count), timer(session.tiers.rest(now()))]).pipe(takeUntil(session.lateAnswer$));
    const rounds$ = defer(() => session.round()).pipe(
      replenish({ wanted$, atLeast: session.atLeast, atMost: session.atMost, delay }),
      catchError((error: unknown) => (session.tiers.all.length === 0 ? EMPTY : throwError(() => error))),
      finalize(() => session.ends()),
    );
    return merge(session.late$, rounds$).pipe(finalize(() => session.goodbye().subscribe()));
  });
