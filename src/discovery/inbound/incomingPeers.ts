import { type Observable, switchMap } from 'rxjs';
import type { PeerAddress } from '../../contracts/network.ts';
import type { InboundPort } from './inboundPort.ts';

/**
 * The peers that connect to us for a torrent, for as long as it is subscribed to.
 *
 * ```
 *   calls   --a--x--b---   x wants another torrent
 *   result  ---a-----b--
 * ```
 *
 * Each address has its open connection, `wire$`, and is emitted when the peer has said which torrent it wants; the wire
 * repeats what it has said. A peer whose wire is not taken while `next` runs is disconnected. Its port is a temporary
 * one on which it does not listen. Never completes; errors only with those of `reception$`.
 *
 * @see BEP 3
 */
export const incomingPeers = (reception$: Observable<InboundPort>, infoHash: Uint8Array): Observable<PeerAddress> =>
  reception$.pipe(switchMap((reception) => reception.peersOf(infoHash)));
