import { filter, ignoreElements, interval, mergeMap, type OperatorFunction, throwError } from 'rxjs';
import type { Peer } from '../src/contracts/env.ts';
import { PeerError } from '../src/contracts/errors.ts';

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
 * `complete` tells whether we lack nothing. A peer wants nothing that has every piece or says that it only uploads. Both are looked at every ten
 * seconds; the third look in a row that finds it so is the last. Never completes while a peer is there. Errors with `PeerError('useless')`.
 *
 * @example
 * converse(main, hangUpOnSeeds(() => picker.complete))
 *
 * @see BEP 21
 */
export const hangUpOnSeeds =
  (complete: () => boolean): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      mergeMap(({ state, address: { host, port } }) => {
        let looks = 0;
        return interval(LOOK_EVERY).pipe(
          filter(() => {
            looks = complete() && (state.have.full || state.extensions?.uploadOnly === true) ? looks + 1 : 0;
            return looks >= LOOKS;
          }),
          mergeMap(() => throwError(() => new PeerError('useless', `${host}:${port}: wants nothing, as we do`))),
        );
      }),
      ignoreElements(),
    );
