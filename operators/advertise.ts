import { EMPTY, ignoreElements, type Observable, type OperatorFunction, switchMap, tap, concat, defer } from 'rxjs';
import type { Peer } from '../src/env.ts';
import type { Message } from '../src/protocol/messages.ts';
import type { Bitfield } from '../src/torrent/bitfield.ts';

/** Says what we have. `PiecePicker` is one. */
export interface Possessions {
  readonly stored: Bitfield;
}

/**
 * Tells each peer what we have: the bitfield first, then every piece as it is stored.
 *
 * ```
 * stored  ---7---
 * writes  B--H---
 * ```
 *
 * With nothing to tell it says nothing, or *have none* where both speak the fast extension; with everything, *have all*. A
 * piece that they have themselves is not worth telling.
 *
 * @see BEP 3, BEP 6
 */
export const advertise =
  ({ stored }: Possessions, stored$: Observable<number>): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      switchMap((peer) =>
        concat(
          defer(() => {
            const opening = openingOf(stored, peer.state.fast);
            if (opening !== undefined) peer.send(opening);
            return EMPTY;
          }),
          stored$.pipe(
            tap((piece) => {
              if (!peer.state.have.has(piece)) peer.send({ type: 'have', piece });
            }),
            ignoreElements(),
          ),
        ),
      ),
    );

const openingOf = (stored: Bitfield, fast: boolean): Message | undefined => {
  if (fast && stored.full) return { type: 'haveAll' };
  if (stored.count > 0) return { type: 'bitfield', bytes: stored.bytes };
  return fast ? { type: 'haveNone' } : undefined;
};
