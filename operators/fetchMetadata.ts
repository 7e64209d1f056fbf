import { interval, Observable, type OperatorFunction, switchMap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/env.ts';
import { type PeerCode, PeerError } from '../src/contracts/errors.ts';
import { EXTENSION_HANDSHAKE } from '../src/protocol/peer/extensions.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { decodeMetadata, encodeMetadata, type MetadataMessage, UT_METADATA } from '../src/protocol/peer/utMetadata.ts';
import { FORGIVEN_EVERY, MAX_UNASKED } from '../src/torrent/requests/habits.ts';
import type { MetadataDraft } from '../src/torrent/metadata/metadataDraft.ts';
import { Offences } from '../src/torrent/requests/offences.ts';

export interface FetchMetadataOptions {
  /** Milliseconds to bear with a peer that gives nothing of it; asked anew every second. Two minutes. */
  readonly patience?: () => number;
}

/**
 * Fetches the info dictionary of a magnet link from all peers together: each is asked for a part of it.
 *
 * ```
 * they    --E--0-1
 * writes  --(01)--
 * gives   -------(m|)
 * ```
 *
 * `draft` decides which peer is asked for what, and is shared by all peers: once it has the whole, and its SHA-1 is the info-hash, every one of them
 * gives it and completes, at once or when it comes later. Peers that do not say how large it is (`metadata_size`) are asked for the first piece
 * of it, which says so, and left alone for longer each time if they have none.
 * `extensionHandshake` must have named `ut_metadata`. Completes without it when they hang up.
 *
 * Errors with a `PeerError`: `corrupt` for what is not of this torrent, `oversized` for a size that can't be, `malformed`, `unexpected` for ten pieces
 * that nobody asked for; `silent` after three requests without an answer; `timeout` when they have given nothing for `patience`.
 *
 * @see BEP 9
 */
export const fetchMetadata =
  (draft: MetadataDraft, { patience = () => 120_000 }: FetchMetadataOptions = {}): OperatorFunction<Peer, Uint8Array> =>
  (peers) =>
    peers.pipe(
      switchMap(
        (peer) =>
          new Observable<Uint8Array>((subscriber) => {
            const { state } = peer;
            const unasked = new Offences(MAX_UNASKED, FORGIVEN_EVERY);
            let patientSince = now();
            const fail = (code: PeerCode, what: string, cause?: unknown): void => subscriber.error(blame(peer, code, what, cause));
            const source = {
              ask: (piece: number): void => {
                const id = state.idOf(UT_METADATA);
                if (id !== undefined) peer.send({ type: 'extended', id, payload: encodeMetadata({ type: 'request', piece }) });
              },
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
            const given = (message: Extract<MetadataMessage, { type: 'data' }>): void => {
              const received = draft.received(source, message, now());
              if (received === 'kept') patientSince = now();
              else if (received === 'wrong') fail('corrupt', 'sent metadata that is not of this torrent');
              else if (received === 'unasked' && unasked.add(now())) fail('unexpected', `sent ${MAX_UNASKED} pieces that were not asked for`);
            };
            const hear = (message: Message): void => {
              if (message.type === 'piece' && unasked.add(now())) fail('unexpected', `sent ${MAX_UNASKED} pieces that were not asked for`);
              if (message.type !== 'extended') return;
              if (message.id === EXTENSION_HANDSHAKE) return introduced();
              if (message.id !== state.ourExtensions?.ids.get(UT_METADATA)) return;
              try {
                const said = decodeMetadata(message.payload);
                if (said?.type === 'data') given(said);
                else if (said?.type === 'reject') draft.rejected(source, said.piece, now());
              } catch (cause) {
                if (!(cause instanceof Malformed)) throw cause;
                fail('malformed', cause.message, cause);
              }
            };
            if (draft.metadata !== undefined) return source.whole(draft.metadata);
            draft.awaited(source);
            subscriber.add(() => draft.left(source, now()));
            const failed = { error: (error: unknown): void => subscriber.error(error) };
            subscriber.add(peer.messages$.subscribe({ ...failed, next: hear, complete: () => subscriber.complete() }));
            subscriber.add(
              interval(1000).subscribe(() => {
                if (!draft.tick(source, now())) return fail('silent', 'does not answer when it is asked for metadata');
                if (now() - patientSince >= patience()) fail('timeout', `has given no metadata for ${Math.round((now() - patientSince) / 1000)} s`);
              }),
            );
            if (!subscriber.closed) introduced();
          }),
      ),
    );

const blame = ({ address: { host, port } }: Peer, code: PeerCode, what: string, cause?: unknown): PeerError =>
  new PeerError(code, `${host}:${port}: ${what}`, { cause });
