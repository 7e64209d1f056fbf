import type { OperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { UT_METADATA } from '../src/protocol/peer/utMetadata.ts';
import type { MetadataDraft } from '../src/torrent/metadata/metadataDraft.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { channelTo, introductionsOf } from './internal/extensionChannel.ts';
import { MetadataGiver } from './internal/metadataGiver.ts';

export interface FetchMetadataOptions {
  /** Milliseconds that a peer may send no part of it; called every second. Default two minutes. */
  readonly patience?: () => number;
}

/**
 * Fetches the info dictionary of a magnet link from all peers together: each peer is asked for some of its pieces.
 *
 * ```
 * they    --E--0-1
 * writes  --(01)--
 * gives   -------(m|)
 * ```
 *
 * `draft` decides which piece is requested from which peer, and is shared by all peers. Once it is whole, and its SHA-1
 * is the info-hash, every conversation emits it and completes; so does one that begins later. A peer that does not tell
 * the size (`metadata_size`) is asked for the first piece, whose answer tells it; if the peer has no piece, it is asked
 * again after longer and longer waits. `extensionHandshake` must have named `ut_metadata`. Completes without a value
 * when the peer hangs up.
 *
 * Errors with a `PeerError`: `corrupt` for data that is not of this torrent, `oversized` for an impossible size,
 * `malformed`, `unexpected` for ten pieces that were not requested; `silent` after three requests without an answer;
 * `timeout` when the peer has sent nothing for `patience`.
 *
 * @example
 * peers$.pipe(
 *   fetchMetadata(new MetadataDraft(torrent.infoHash)),
 *   take(1),
 *   tap((info) => console.log(`${info.length} bytes of info dictionary`)),
 * );
 *
 * @see BEP 9
 */
export const fetchMetadata = (
  draft: MetadataDraft,
  { patience = () => 120_000 }: FetchMetadataOptions = {},
): OperatorFunction<Peer, Uint8Array> =>
  eachPeer((peer, { subscriber, on, until, every, fail }) => {
    const { state } = peer;
    const { payloads$, send } = channelTo(peer, UT_METADATA);
    const giver = new MetadataGiver(draft, { subscriber, send, fail });
    const introduced = (): void => {
      if (state.idOf(UT_METADATA) !== undefined) giver.introduced(state.extensions?.metadataSize);
    };
    if (draft.metadata !== undefined) return giver.whole(draft.metadata);
    draft.awaited(giver);
    subscriber.add(() => draft.left(giver, now()));
    on(peer.messages$, ({ type }) => {
      if (type === 'piece') giver.unwanted();
    });
    on(introductionsOf(peer), introduced);
    until(payloads$, (payload) => giver.heard(payload));
    every(1000, () => giver.tick(patience));
    if (!subscriber.closed) introduced();
  });
