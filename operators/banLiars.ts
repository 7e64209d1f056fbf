import { defer, type MonoTypeOperatorFunction, type Observer, tap } from 'rxjs';
import type { PeerAddress } from '../src/contracts/network.ts';
import type { CheckedPiece, Provider } from '../src/contracts/peer.ts';
import { SmartBan } from '../src/torrent/pieces/smartBan.ts';
import type { Expulsion } from './disconnect.ts';

export interface BanLiarsOptions {
  /** Bans the address of each liar, so that it is neither dialled nor let in again. `AddressBook` is one. */
  readonly book: { ban(address: PeerAddress): void };
  /** Is given each liar; a `disconnect` that subscribes to it hangs up on the liar, if it is still connected. */
  readonly expelled: Pick<Observer<Expulsion>, 'next'>;
}

/**
 * Finds out which peer sent wrong bytes, bans it, and reports it. Mirrors its source.
 *
 * ```
 * source    -x-----a-    x: piece 0 with a wrong block, a: piece 0 from another peer
 * gives     -x-----a-
 * expelled  -------p-    the peer whose block differs
 * ```
 *
 * Stands between `verifyPieces` and `writePieces`. A peer that sent all of a corrupt piece is found at once. If several
 * peers sent it, the blocks are compared with those of the next copy, which the picker requests from one peer only, so
 * no peer is banned for what another sent. Where it is known which blocks are `wrong`, their senders are the liars.
 * Without this operator a liar is asked again and again, without end. 20 bytes are kept for each block of the last 64
 * corrupt pieces, and 8 copies of each.
 *
 * Only peers of one torrent may be in one pipe. Errors with what `ban` or `next` throws.
 *
 * @example
 * peers$.pipe(
 *   converse(main, keepAlive(), disconnect(expelled$)),
 *   assemblePieces(drafts),
 *   verifyPieces(env.verify(torrent)),
 *   banLiars({ book, expelled: expelled$ }),
 *   writePieces(storage, picker),
 * );
 */
export const banLiars =
  ({ book, expelled }: BanLiarsOptions): MonoTypeOperatorFunction<CheckedPiece> =>
  (pieces) =>
    defer(() => {
      const suspects = new SmartBan<Provider>();
      return pieces.pipe(
        tap((piece) => {
          for (const peer of suspects.examine(piece)) {
            // The peer may have hung up before its lie was found.
            book.ban(peer.address);
            expelled.next({ peer, code: 'corrupt', why: 'sent wrong bytes' });
          }
        }),
      );
    });
