import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import type { PeerState } from '../src/torrent/peers/peerState.ts';

/**
 * Tells the state of a peer how many pieces there are, if the peer was connected before that was known, as with a
 * magnet link.
 *
 * ```
 * source  p--q    q has a byte too many
 * gives   p--#
 * ```
 *
 * The pieces that the peer has named until then become `state.have`; from then on all its messages are checked. The
 * state of a peer that was connected later stays as it is.
 *
 * Errors with a `PeerError('malformed')` if the peer has named pieces that do not exist.
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
