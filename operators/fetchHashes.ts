import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import type { LayerDraft } from '../src/torrent/merkle/layerDraft.ts';
import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { RangeAsker } from './internal/rangeAsker.ts';

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
    const asker = new RangeAsker(peer, draft, fail);
    const end = (): void => {
      const { torrent } = draft;
      if (torrent === undefined) return;
      subscriber.next(torrent);
      subscriber.complete();
    };
    if (draft.complete) return end();
    subscriber.add(draft.awaited(end));
    until(peer.talk$, (message) => asker.hear(message) && !subscriber.closed && asker.ask());
    every(1000, asker.ask);
    if (!subscriber.closed) asker.ask();
  });
