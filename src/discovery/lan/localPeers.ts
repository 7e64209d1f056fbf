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
  /** The TCP port on which we listen. Without it we are not announced. */
  readonly port?: number;
  /** Number of peers wanted now; while it is above zero we are announced once a minute. */
  readonly wanted$?: Observable<number>;
  /** How often we are announced. Default: `lsd` of {@link defaultPace}. */
  readonly pace?: Omit<SourcePace, 'after'>;
  /** The local network, if torrents share it. Default: one of its own. */
  readonly network$?: Observable<LocalNetwork> | undefined;
}

/**
 * The peers in the local network that share a torrent, for as long as it is subscribed to.
 *
 * ```
 * heard   --a--b--
 * writes  m 299999ms m
 * gives   --a--b--
 * ```
 *
 * Listens to the multicast groups of both address families on each interface, and announces us every five minutes, and
 * when there is a new interface. Never errors: a family that this machine does not have is left out. Completes only if
 * it has neither. Must not be used for private torrents (BEP 27).
 *
 * @see BEP 14
 */
export const localPeers = (
  env: Pick<Env, 'bindUdp' | 'randomBytes'>,
  { infoHash, port, wanted$ = NEVER, pace = defaultPace.lsd, network$ = localNetwork(env) }: LocalPeersOptions,
): Observable<PeerAddress> =>
  // A single subscription to each network, and a single timer for both, since a thousand torrents have a thousand of
  // these.
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
      }).pipe(replenish({ wanted$, atLeast: () => pace.atLeast, atMost: () => pace.atMost }));
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
