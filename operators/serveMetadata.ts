import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { decodeMetadata, encodeMetadata, METADATA_PIECE, UT_METADATA } from '../src/protocol/peer/utMetadata.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { channelTo } from './internal/extensionChannel.ts';

/** Requests of one peer that wait for room in the send buffer. */
const MAX_WAITING = 64;
/** How often one peer is sent the whole dictionary; further requests are rejected. */
const MAX_TIMES = 3;
/** Rejections to a peer that does not read what was sent before. */
const MAX_UNREAD = 1_000;

/**
 * Gives the info dictionary to peers that ask for it.
 *
 * ```
 * they    -0-1-2-
 * writes  -0-1-J-    of two pieces
 * ```
 *
 * `metadata` returns the dictionary, or undefined while we don't have it ourselves. A request is rejected if we don't
 * have the dictionary, if 64 requests are waiting already for room in the send buffer, or if it is the fourth for one
 * piece. `extensionHandshake` must have named `ut_metadata` and told the peer `metadataSize`. Other messages of the
 * extension are left to `fetchMetadata`.
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `malformed`; `unexpected` for a peer that sends
 * requests, and does not read a thousand rejections.
 *
 * @example
 * peers$.pipe(converse(main, serveMetadata(() => torrent.info)));
 *
 * @see BEP 9
 */
export const serveMetadata = (metadata: () => Uint8Array | undefined): OperatorFunction<Peer, never> =>
  eachPeer((peer, { on, until, fail }) => {
    const { payloads$, send } = channelTo(peer, UT_METADATA);
    const waiting: number[] = [];
    let given = 0;
    let full = false;
    let unread = 0;
    const give = (piece: number): void => {
      const bytes = metadata();
      if (bytes === undefined) return;
      const part = bytes.subarray(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE);
      full = !send(encodeMetadata({ type: 'data', piece, size: bytes.length, bytes: part }));
    };
    const asked = (piece: number): void => {
      const pieces = Math.ceil((metadata()?.length ?? 0) / METADATA_PIECE);
      if (piece >= pieces || given >= MAX_TIMES * pieces || waiting.length >= MAX_WAITING) {
        if (full && ++unread > MAX_UNREAD)
          return fail('unexpected', `asked for metadata, and did not read ${MAX_UNREAD} answers`);
        if (!send(encodeMetadata({ type: 'reject', piece }))) full = true;
        return;
      }
      given++;
      if (full) waiting.push(piece);
      else give(piece);
    };
    until(payloads$, (payload) => {
      const said = decodeMetadata(payload);
      if (said?.type === 'request') asked(said.piece);
    });
    on(peer.drained$, () => {
      full = false;
      unread = 0;
      for (let piece = waiting.shift(); piece !== undefined; piece = full ? undefined : waiting.shift()) give(piece);
    });
  });
