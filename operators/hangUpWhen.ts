import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** What is known of a peer at a look. Rates are bytes a second since the last look. */
export interface PeerRates {
  readonly peer: Peer;
  /** Milliseconds since the peer was connected. */
  readonly age: number;
  readonly downRate: number;
  readonly upRate: number;
}

export interface HangUpWhenOptions {
  /** Milliseconds between two looks. 10 s. */
  readonly every?: number;
}

/**
 * Hangs up on each peer for which `reason` returns a reason; the peer is not dialled again.
 *
 * ```
 * they    ---------    gives nothing
 * reason  - 10s x       'too slow'
 * gives   - 10s #
 * ```
 *
 * Each peer is looked at every ten seconds; without a reason it stays. Never completes while a peer is connected.
 * Errors with `PeerError('useless')`, and with what `reason` throws.
 *
 * @example
 * // rarest first, but no peer below 50 kB/s
 * const tooSlow = ({ peer, downRate }: PeerRates): boolean => !peer.state.choked && downRate < 50_000;
 * peers$.pipe(converse(main, hangUpWhen((rates) => (tooSlow(rates) ? 'is too slow' : undefined))));
 */
export const hangUpWhen = (
  reason: (rates: PeerRates) => string | undefined,
  { every: period = 10_000 }: HangUpWhenOptions = {},
): OperatorFunction<Peer, never> =>
  eachPeer((peer, { every, fail }) => {
    const { state } = peer;
    let { downloaded, uploaded } = state;
    let age = 0;
    every(period, () => {
      age += period;
      const [down, up] = [state.downloaded - downloaded, state.uploaded - uploaded];
      ({ downloaded, uploaded } = state);
      const why = reason({ peer, age, downRate: (down * 1000) / period, upRate: (up * 1000) / period });
      if (why !== undefined) fail('useless', why);
    });
  });
