import { ignoreElements, interval, merge, Observable, type OperatorFunction, switchMap, tap } from 'rxjs';
import type { Peer } from '../src/env.ts';
import { PeerError } from '../src/errors.ts';

export interface KeepAliveOptions {
  /** Milliseconds between keep-alives of ours. 2 minutes. */
  readonly speakEvery?: number;
  /** Milliseconds of their silence after which we hang up. 2½ minutes. */
  readonly hangUpAfter?: number;
}

/** Silence is measured in so many steps: a timer restarted with every message would cost more than the message. */
const STEPS = 5;

/**
 * Speaks so that they don't hang up, and hangs up when they say nothing.
 *
 * ```
 * they   -K------
 * writes   2m K 119999ms K
 * gives  their silence → 2m 30s #
 * ```
 *
 * Errors with `PeerError('silent')`, up to a fifth of `hangUpAfter` late.
 *
 * @see BEP 3
 */
export const keepAlive =
  ({ speakEvery = 120_000, hangUpAfter = 150_000 }: KeepAliveOptions = {}): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      switchMap((peer) =>
        merge(
          interval(speakEvery).pipe(
            tap(() => peer.send({ type: 'keepAlive' })),
            ignoreElements(),
          ),
          hangUp(peer, hangUpAfter),
        ),
      ),
    );

const hangUp = (peer: Peer, after: number): Observable<never> =>
  new Observable((subscriber) => {
    let silentSteps = 0;
    subscriber.add(peer.messages$.subscribe({ next: () => (silentSteps = 0), complete: () => subscriber.complete() }));
    subscriber.add(
      interval(after / STEPS).subscribe(() => {
        if (++silentSteps < STEPS) return;
        const { host, port } = peer.address;
        subscriber.error(new PeerError('silent', `${host}:${port}: has said nothing for ${after / 1000} s`));
      }),
    );
  });
