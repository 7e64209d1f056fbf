import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** Milliseconds between two looks. */
const LOOK_EVERY = 10_000;
/** Looks for which a peer that wants nothing is kept, as it may have something to tell of others. */
const LOOKS = 3;

/**
 * Hangs up on peers that want nothing, while we want nothing either.
 *
 * ```
 * complete  true
 * they      B (all)
 * gives     30s #
 * ```
 *
 * `complete` tells whether we lack nothing. A peer wants nothing that has every piece or says that it only uploads.
 * Both are looked at every ten seconds; the third look in a row that finds it so is the last. Never completes while a
 * peer is there. Errors with `PeerError('useless')`.
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
      if (looks >= LOOKS) fail('useless', 'wants nothing, as we do');
    });
  });
