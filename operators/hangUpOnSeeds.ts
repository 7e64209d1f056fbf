import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** Milliseconds between two looks. */
const LOOK_EVERY = 10_000;
/** Looks for which an upload-only peer is kept: it may tell us of other peers. */
const LOOKS = 3;

/**
 * Hangs up on peers that only upload, when we have everything.
 *
 * ```
 * complete  true
 * they      B (all)
 * gives     30s #
 * ```
 *
 * `complete` tells whether we have everything. A peer wants nothing if it has every piece or says that it is
 * upload-only. Both are checked every ten seconds; after the third such check in a row we hang up. Never completes
 * while a peer is connected. Errors with `PeerError('useless')`.
 *
 * @example
 * peers$.pipe(converse(main, hangUpOnSeeds(() => picker.complete)));
 *
 * @see BEP 21
 */
export const hangUpOnSeeds = (complete: () => boolean): OperatorFunction<Peer, never> =>
  eachPeer(({ state }, { every, fail }) => {
    let looks = 0;
    every(LOOK_EVERY, () => {
      looks = complete() && (state.have.full || state.extensions?.uploadOnly === true) ? looks + 1 : 0;
      if (looks >= LOOKS) fail('useless', 'is a seed, as we are');
    });
  });
