import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { introductionsOf } from './internal/extensionChannel.ts';

/**
 * Tells of each peer as it is when it comes, and again whenever it has said something of itself.
 *
 * ```
 * they      ---E--E
 * reported  p--p--p
 * ```
 *
 * What a peer says in its extension handshake (its name, the port at which it listens, the extensions that it speaks)
 * is in `peer.state` before
 * `report` is called. Completes when they hang up. Errors with those of the peer, and with what `report` throws.
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
