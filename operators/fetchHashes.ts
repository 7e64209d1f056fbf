import type { OperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { keyOf, type LayerDraft } from '../src/torrent/metadata/layerDraft.ts';
import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** Requests in flight with one peer. */
const MAX_ASKED = 4;
/** Milliseconds after which no answer to a request is expected any more. */
const EXPIRES = 10_000;
/** Answers that were not asked for, after which a peer is hung up on. */
const MAX_UNASKED = 10;
/** Milliseconds for which a peer that has rejected a request is asked nothing. */
const REST = 10_000;

/**
 * Fetches the hashes of pieces that a magnet link's metadata of version 2 lacks, from all peers together.
 *
 * ```
 * source  p-------
 * they    ---M-M--
 * writes  Q--Q----
 * gives   -----(t|)
 * ```
 *
 * `draft` decides what is asked for, and is shared by all peers: what a peer has not answered for 5 s, or rejects, is
 * asked of another. Once nothing is missing every conversation emits the torrent and completes; so does one that begins
 * later. Completes without a value when the peer hangs up.
 *
 * Errors with a `PeerError`: `corrupt` for hashes that don't lead to their root; `unexpected` for ten that were not
 * asked for.
 *
 * @example
 * peers$.pipe(
 *   fetchHashes(new LayerDraft(torrent)),
 *   take(1),
 *   tap(({ pieceHashes }) => console.log(`${pieceHashes.length / 32} pieces`)),
 * );
 *
 * @see BEP 52
 */
export const fetchHashes = (draft: LayerDraft): OperatorFunction<Peer, Torrent> =>
  eachPeer((peer, { subscriber, until, every, fail }) => {
    const asked = new Map<string, number>();
    let [unasked, restsUntil] = [0, -Infinity];
    const end = (): void => {
      const { torrent } = draft;
      if (torrent === undefined) return;
      subscriber.next(torrent);
      subscriber.complete();
    };
    const ask = (): void => {
      while (asked.size < MAX_ASKED && now() >= restsUntil) {
        const request = draft.next(now());
        if (request === undefined) return;
        asked.set(keyOf(request), now());
        peer.send(request);
      }
    };
    if (draft.complete) return end();
    subscriber.add(draft.awaited(end));
    until(peer.talk$, (message) => {
      if (message.type !== 'hashes' && message.type !== 'hashReject') return;
      if (!asked.delete(keyOf(message))) {
        if (++unasked >= MAX_UNASKED) fail('unexpected', `${MAX_UNASKED} answers about hashes that nobody asked for`);
        return;
      }
      if (message.type === 'hashReject') {
        draft.released(message);
        restsUntil = now() + REST;
      } else if (draft.received(message) === 'wrong') return fail('corrupt', 'hashes that are not of this torrent');
      if (!subscriber.closed) ask();
    });
    every(1000, () => {
      for (const [key, at] of asked) if (now() - at >= EXPIRES) asked.delete(key);
      ask();
    });
    if (!subscriber.closed) ask();
  });
