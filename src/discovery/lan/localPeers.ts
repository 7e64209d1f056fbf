import { defer, EMPTY, NEVER, Observable } from 'rxjs';
import { replenish } from '../../../operators/replenish.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { equalIds } from '../../protocol/encoding/id.ts';
import { type LocalNetwork, localNetwork, type LocalPeer } from './localNetwork.ts';
import { defaultPace, type SourcePace } from '../pace.ts';

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
 * Listens to the multicast groups of both families, on each interface, and tells them of us every five minutes, and
 * when there is a new interface. Never errors: a family that this machine does not have is left out. Completes only
 * when it has neither. Not for private torrents (BEP 27).
 *
 * @see BEP 14
 */
export const localPeers = (
  env: Pick<Env, 'bindUdp' | 'randomBytes'>,
  { infoHash, port, wanted$ = NEVER, pace = defaultPace.lsd, network$ = localNetwork(env) }: LocalPeersOptions,
): Observable<PeerAddress> =>
  // One subscription to each network, and one timer for both: a thousand torrents have a thousand of these.
  new Observable((subscriber) => {
    const known: LocalNetwork[] = [];
    const error = (cause: unknown): void => subscriber.error(cause);
    const heard = ({ host, port: theirs, infoHashes }: LocalPeer): void => {
      if (infoHashes.some((hash) => equalIds(hash, infoHash))) subscriber.next({ host, port: theirs, source: 'lsd' });
    };
    const announcing = (at: number): Observable<never> =>
      defer(() => {
        for (const network of known) network.announce(infoHash, at);
        return EMPTY;
      }).pipe(replenish({ wanted$, atLeast: pace.atLeast, atMost: pace.atMost }));
    const joined = (network: LocalNetwork): void => {
      known.push(network);
      subscriber.add(network.heard$.subscribe({ next: heard, error }));
      if (port === undefined) return;
      const announce = (): void => network.announce(infoHash, port);
      subscriber.add(network.moved$.subscribe({ next: announce, error }));
      if (known.length > 1) announce();
      else subscriber.add(announcing(port).subscribe({ error }));
    };
    const complete = (): void => (known.length === 0 ? subscriber.complete() : undefined);
    subscriber.add(network$.subscribe({ next: joined, error, complete }));
  });
