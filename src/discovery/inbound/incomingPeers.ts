import { type Observable, switchMap } from 'rxjs';
import type { PeerAddress } from '../../contracts/network.ts';
import type { InboundPort } from './inboundPort.ts';

/**
 * Those who call us for a torrent, for as long as it is subscribed to.
 *
 * ```
 *   calls   --a--x--b---   x wants another torrent
 *   result  ---a-----b--
 * ```
 *
 * Each address has its wire, `wire$`, and is emitted when they have said which torrent they want; what they said is
 * heard again by whoever takes the wire. Who is not taken while `next` runs is hung up on. Their port is a passing one,
 * where nobody listens. Never completes; errors with those of `reception$` only.
 *
 * @see BEP 3
 */
export const incomingPeers = (reception$: Observable<InboundPort>, infoHash: Uint8Array): Observable<PeerAddress> =>
  reception$.pipe(switchMap((reception) => reception.peersOf(infoHash)));
