import type { OperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { decodeMetadata, encodeMetadata, type MetadataMessage, UT_METADATA } from '../src/protocol/peer/utMetadata.ts';
import { FORGIVEN_EVERY, MAX_UNASKED } from '../src/torrent/requests/habits.ts';
import type { MetadataDraft } from '../src/torrent/metadata/metadataDraft.ts';
import { Offences } from '../src/torrent/requests/offences.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { channelTo, introductionsOf } from './internal/extensionChannel.ts';

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
    const unasked = new Offences(MAX_UNASKED, FORGIVEN_EVERY);
    let patientSince = now();
    const source = {
      ask: (piece: number): void => void send(encodeMetadata({ type: 'request', piece })),
      whole: (metadata: Uint8Array): void => {
        if (draft.lied(source)) return fail('corrupt', 'has other metadata than this torrent');
        subscriber.next(metadata);
        subscriber.complete();
      },
    };
    const introduced = (): void => {
      const size = state.extensions?.metadataSize;
      if (state.idOf(UT_METADATA) === undefined) return;
      if (size === undefined) draft.unsized(source, now());
      else if (!draft.claims(source, size, now())) fail('oversized', `claims ${size} bytes of metadata`);
    };
    const unwanted = (): void => {
      if (unasked.add(now())) fail('unexpected', `sent ${MAX_UNASKED} pieces that were not asked for`);
    };
    const given = (message: Extract<MetadataMessage, { type: 'data' }>): void => {
      const received = draft.received(source, message, now());
      if (received === 'kept') patientSince = now();
      else if (received === 'wrong') fail('corrupt', 'sent metadata that is not of this torrent');
      else if (received === 'unasked') unwanted();
    };
    if (draft.metadata !== undefined) return source.whole(draft.metadata);
    draft.awaited(source);
    subscriber.add(() => draft.left(source, now()));
    on(peer.messages$, ({ type }) => {
      if (type === 'piece') unwanted();
    });
    on(introductionsOf(peer), introduced);
    until(payloads$, (payload) => {
      const said = decodeMetadata(payload);
      if (said?.type === 'data') given(said);
      else if (said?.type === 'reject') draft.rejected(source, said.piece, now());
    });
    every(1000, () => {
      if (!draft.tick(source, now())) return fail('silent', 'does not answer when it is asked for metadata');
      if (now() - patientSince >= patience())
        fail('timeout', `has given no metadata for ${Math.round((now() - patientSince) / 1000)} s`);
    });
    if (!subscriber.closed) introduced();
  });
