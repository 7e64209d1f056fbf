import { defer, EMPTY, filter, ignoreElements, map, merge, mergeMap, NEVER, type Observable, startWith, switchMap } from 'rxjs';
import { replenish } from '../../operators/replenish.ts';
import type { Env, PeerAddress } from '../env.ts';
import { equalIds } from '../protocol/id.ts';
import { type LocalNetwork, localNetwork } from './localNetwork.ts';
import { defaultPace, type SourcePace } from './pace.ts';

export interface LocalPeersOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Where we listen for peers. Without it nobody is told of us. */
  readonly port?: number;
  /** How many peers are wanted now: above zero we announce ourselves once a minute. */
  readonly wanted$?: Observable<number>;
  /** How often we announce ourselves; `lsd` of {@link defaultPace} if not given. */
  readonly pace?: Omit<SourcePace, 'after'>;
  /** The local network, if torrents share it; one of its own if not given. */
  readonly network$?: Observable<LocalNetwork> | undefined;
}

/**
 * Those in the local network who share a torrent, for as long as it is subscribed to.
 *
 * ```
 * heard   --a--b--
 * writes  m 299999ms m
 * gives   --a--b--
 * ```
 *
 * Listens to the multicast groups of both families, on each interface, and tells them of us every five minutes, and when there is a new
 * interface. Never errors: a family that this machine does not have is left out. Completes only when it has neither. Not for private
 * torrents (BEP 27).
 *
 * @see BEP 14
 */
export const localPeers = (
  env: Pick<Env, 'bindUdp' | 'randomBytes'>,
  { infoHash, port, wanted$ = NEVER, pace = defaultPace.lsd, network$ = localNetwork(env) }: LocalPeersOptions,
): Observable<PeerAddress> => {
  const announced = (network: LocalNetwork): Observable<never> => {
    if (port === undefined) return NEVER;
    const once$ = defer(() => {
      network.announce(infoHash, port);
      return EMPTY;
    });
    return network.moved$.pipe(
      startWith(undefined),
      switchMap(() => once$.pipe(replenish({ wanted$, atLeast: pace.atLeast, atMost: pace.atMost }))),
      ignoreElements(),
    );
  };
  const heard = ({ heard$ }: LocalNetwork): Observable<PeerAddress> =>
    heard$.pipe(
      filter(({ infoHashes }) => infoHashes.some((hash) => equalIds(hash, infoHash))),
      map(({ host, port: theirs }): PeerAddress => ({ host, port: theirs, source: 'lsd' })),
    );
  return network$.pipe(mergeMap((network) => merge(heard(network), announced(network))));
};
