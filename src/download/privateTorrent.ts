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
import { distinctPeers, REMEMBERED } from '../../operators/distinctPeers.ts';
import type { PeerAddress } from '../contracts/network.ts';
import { PeerError } from '../contracts/errors.ts';
import { addressKey, addressText } from '../protocol/encoding/address.ts';
import { remember } from '../torrent/peers/addressKeys.ts';

/** What a torrent may turn out to be, and what follows from that for its peers. */
export interface Privacy {
  /** As `distinctPeers`, but whom trackers or people name is heard of even if others have named it before. */
  readonly distinct: MonoTypeOperatorFunction<PeerAddress>;
  /**
   * The session, until it turns out that the peer has no business here: then it errors with a `PeerError` `useless`.
   */
  readonly guarded: <T>(session: (address: PeerAddress) => Observable<T>) => (address: PeerAddress) => Observable<T>;
}

/** Trackers and people vouch for whom they name; whoever calls has come on its own. */
const isVouchedFor = ({ source }: PeerAddress): boolean =>
  source === 'tracker' || source === 'manual' || source === 'incoming';

/**
 * When `secluded$` emits, the torrent is private: from then on there are only those that trackers and people have named
 * (BEP 27).
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
