import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import type { PeerState } from '../src/torrent/peers/peerState.ts';

/**
 * Tells what is known of a peer how many pieces there are, when it was met before that was known, as with a magnet
 * link.
 *
 * ```
 * source  p--q    q has a byte too many
 * gives   p--#
 * ```
 *
 * What it has said it has until then becomes `state.have`; from then on all that it says is checked. Nothing happens to
 * a peer of which it was known from the start.
 *
 * Errors with a `PeerError('malformed')` if it has said what can't be.
 *
 * @example
 * peers$.pipe(countPieces(geometry.pieceCount));
 *
 * @see BEP 3, BEP 9
 */
export const countPieces = (pieceCount: number): MonoTypeOperatorFunction<Peer> =>
  tap(({ state, address }) => {
    try {
      (state as PeerState).counted(pieceCount);
    } catch (cause) {
      throw cause instanceof Malformed
        ? new PeerError('malformed', `${addressText(address)}: ${cause.message}`, { cause })
        : cause;
    }
  });
