import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { introductionsOf } from './internal/extensionChannel.ts';

/**
 * Reports each peer when it is connected, and again with each extension handshake that it sends.
 *
 * ```
 * they      ---E--E
 * reported  p--p--p
 * ```
 *
 * The peer's extension handshake (its name, the port at which it listens, its extensions) is in `peer.state` before
 * `report` is called. Completes when the peer hangs up. Errors with those of the peer, and with what `report` throws.
 *
 * @example
 * peers$.pipe(converse(main, reportIntroductions(({ address }) => console.log(address))));
 *
 * @see BEP 10
 */
export const reportIntroductions = (report: (peer: Peer) => void): OperatorFunction<Peer, never> =>
  eachPeer((peer, { until }) => {
    report(peer);
    until(introductionsOf(peer), () => report(peer));
  });
