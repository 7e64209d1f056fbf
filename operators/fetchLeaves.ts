import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import type { LeafDraft } from '../src/torrent/merkle/leafDraft.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { RangeAsker } from './internal/rangeAsker.ts';

/**
 * Asks peers for the hashes of the blocks of pieces that came out corrupt, as long as `findWrongBlocks` waits for them.
 *
 * ```
 * source  p-------
 * draft   --x-----   piece x is examined
 * they    ----M---
 * writes  --Q-----
 * ```
 *
 * `draft` decides what is asked for, and takes the answers. Peers that speak of version 2 and have the piece are asked,
 * three at a time, every second three others. A peer that rejects one request is left alone for 10 s.
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `corrupt` for hashes that don't lead to their root;
 * `unexpected` for ten that were not asked for.
 *
 * @example
 * const draft = new LeafDraft(torrent);
 * peers$.pipe(converse(main, fetchLeaves(draft)));
 *
 * @see BEP 52
 */
export const fetchLeaves = (draft: LeafDraft): OperatorFunction<Peer, never> =>
  eachPeer((peer, { subscriber, until, fail }) => {
    const asker = new RangeAsker(peer, draft, fail);
    subscriber.add(draft.awaited(asker.ask));
    until(peer.talk$, (message) => asker.hear(message) && asker.ask());
    asker.ask();
  });
