import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

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
 * they    -
 * writes  2m K 29999ms -
 * gives   2m - 29999ms #
 * ```
 *
 * Completes when they hang up. Errors with `PeerError('silent')` when they have said nothing for `hangUpAfter`, never
 * early, and up to a fifth of it late.
 *
 * @example
 * peers$.pipe(converse(main, keepAlive({ hangUpAfter: 60_000 })));
 *
 * @see BEP 3
 */
export const keepAlive = ({
  speakEvery = 120_000,
  hangUpAfter = 150_000,
}: KeepAliveOptions = {}): OperatorFunction<Peer, never> =>
  eachPeer((peer, { until, every, fail }) => {
    let silentSteps = 0;
    let { downloaded } = peer.state;
    // The step in which they spoke is not a silent one.
    const heard = (): void => void (silentSteps = -1);
    until(peer.talk$, heard);
    every(speakEvery, () => peer.send({ type: 'keepAlive' }));
    every(hangUpAfter / STEPS, () => {
      if (peer.state.downloaded !== downloaded) heard();
      ({ downloaded } = peer.state);
      if (++silentSteps >= STEPS) fail('silent', `has said nothing for ${hangUpAfter / 1000} s`);
    });
  });
