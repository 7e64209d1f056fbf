import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

export interface KeepAliveOptions {
  /** Milliseconds between our keep-alives. Default 2 minutes. */
  readonly speakEvery?: number;
  /** Milliseconds of a peer's silence after which we hang up. Default 2½ minutes. */
  readonly hangUpAfter?: number;
}

/** Silence is measured in so many steps: a timer restarted with every message would cost more than the message. */
const STEPS = 5;

/**
 * Sends keep-alives, so that the peer does not hang up, and hangs up on a silent peer.
 *
 * ```
 * they    -
 * writes  2m K 29999ms -
 * gives   2m - 29999ms #
 * ```
 *
 * Completes when the peer hangs up. Errors with `PeerError('silent')` when the peer has sent nothing for `hangUpAfter`,
 * never early, and up to a fifth of it late.
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
    // A step in which a message came is not silent.
    const heard = (): void => void (silentSteps = -1);
    until(peer.talk$, heard);
    every(speakEvery, () => peer.send({ type: 'keepAlive' }));
    every(hangUpAfter / STEPS, () => {
      if (peer.state.downloaded !== downloaded) heard();
      ({ downloaded } = peer.state);
      if (++silentSteps >= STEPS) fail('silent', `has sent nothing for ${hangUpAfter / 1000} s`);
    });
  });
