import {
  concat,
  connect,
  filter,
  map,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  takeWhile,
  tap,
} from 'rxjs';
import { distinctPeers, REMEMBERED } from '../../../operators/distinctPeers.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { PeerError } from '../../contracts/errors.ts';
import { addressKey, addressText } from '../../protocol/encoding/address.ts';
import { remember } from '../../torrent/peers/addressKeys.ts';

/** A torrent may turn out to be private; this is what follows for its peers. */
export interface Privacy {
  /**
   * As `distinctPeers`, but a peer named by trackers or the user is let through even if other sources named it before.
   */
  readonly distinct: MonoTypeOperatorFunction<PeerAddress>;
  /**
   * The session, until the peer turns out not to belong to a private torrent: then it errors with a `PeerError`
   * `useless`.
   */
  readonly guarded: <T>(session: (address: PeerAddress) => Observable<T>) => (address: PeerAddress) => Observable<T>;
}

/** Trackers and the user vouch for the peers that they name; an incoming peer has come on its own. */
const isVouchedFor = ({ source }: PeerAddress): boolean =>
  source === 'tracker' || source === 'manual' || source === 'incoming';

/**
 * When `secluded$` emits, the torrent is private: from then on only peers named by trackers or the user are kept (BEP
 * 27).
 */
export const privateTorrent = (secluded$: Observable<unknown>): Privacy => {
  const vouched = new Set<string>();
  const distinct: Privacy['distinct'] = connect((all$) => {
    const known$ = all$.pipe(
      filter(isVouchedFor),
      tap((address) => remember(vouched, addressKey(address), REMEMBERED)),
    );
    const others$ = all$.pipe(filter((address) => !isVouchedFor(address)));
    return merge(known$.pipe(distinctPeers()), others$.pipe(distinctPeers()));
  });
  const parting = (address: PeerAddress): Observable<never> =>
    secluded$.pipe(
      filter(() => !vouched.has(addressKey(address))),
      map(() => {
        throw new PeerError('useless', `${addressText(address)}: no tracker has named it, and the torrent is private`);
      }),
    );
  return {
    distinct,
    guarded: (session) => (address) =>
      isVouchedFor(address)
        ? session(address)
        : // Before it is dialled, if that is known already.
          merge(parting(address), concat(session(address), of(undefined))).pipe(
            takeWhile((value) => value !== undefined),
          ),
  };
};
