import { defer, map, Observable, Subscription, tap } from 'rxjs';
import { replenish } from '../../../operators/replenish.ts';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { defaultPace, type DhtPace } from '../pace.ts';
import type { DhtNode } from './node.ts';

/**
 * Milliseconds between two announces: other nodes forget us after 30 minutes, and the next lookup may be 16.5 minutes
 * away.
 */
export const ANNOUNCE_EVERY = 13 * 60_000;

export interface DhtPeersOptions {
  /** Number of peers wanted now; while it is above zero, lookups are more frequent. */
  readonly wanted$: Observable<number>;
  /** The TCP port on which we listen for peers; 0 for the port that our packets come from. */
  readonly port: number;
  /** Announce us to other nodes, too. Default: true. */
  readonly announce?: boolean;
  /** Called before each lookup: is our torrent complete? Then seeds are not looked for (BEP 33). Default: false. */
  readonly complete?: () => boolean;
  readonly random: Env['random'];
  /** Called with warnings about the node for the user. */
  readonly report?: ((event: Warning) => void) | undefined;
  /** How often lookups are made; `atMost` varies by a tenth. Default: `dht` of {@link defaultPace}. */
  readonly pace?: Omit<DhtPace, 'after'>;
}

/**
 * The addresses that the DHT knows for a torrent, for as long as it is subscribed to.
 *
 * ```
 *   lookup  --a-(bc)|        --d-|
 *   result  --a-(bc)---…-------d---…
 * ```
 *
 * Looks up immediately, and again after 15 minutes; while peers are wanted already after 5 minutes, and after half a
 * minute if none was found. If the network is joined only after a lookup in vain, looks up again immediately. Announces
 * us with the first lookup, and whenever 13 minutes have passed. Must not be used for private torrents (BEP 27). Never
 * completes; errors only with those of `node$`. BEP 5, 33.
 */
export const dhtPeers = (
  node$: Observable<DhtNode>,
  infoHash: Uint8Array,
  options: DhtPeersOptions,
): Observable<PeerAddress> =>
  // A single subscription and a single timer, since a thousand torrents have a thousand of these.
  new Observable((subscriber) => {
    const { wanted$, complete = () => false, random, report = () => undefined, pace = defaultPace.dht } = options;
    let company = Subscription.EMPTY;
    const error = (cause: unknown): void => subscriber.error(cause);
    const met = (node: DhtNode): void => {
      company.unsubscribe();
      subscriber.add((company = new Subscription()));
      const lookups = new Lookups(node, infoHash, options);
      let looking = Subscription.EMPTY;
      // A complete torrent can wait until a peer wants it.
      const atLeast = (): number => (lookups.found === 0 && !complete() ? pace.afterNone : pace.atLeast);
      const atMost = (): number => pace.atMost * (0.9 + random() / 5);
      const peer$ = lookups.next$.pipe(replenish({ wanted$, atLeast, atMost }));
      const look = (): void => {
        looking.unsubscribe();
        company.add((looking = peer$.subscribe({ next: (peer) => subscriber.next(peer), error })));
      };
      // A lookup that had no node to ask is no reason to wait.
      const again = (): void => (lookups.found === 0 ? look() : undefined);
      company.add(node.joined$?.subscribe({ next: again, error }));
      company.add(node.warnings$?.subscribe({ next: report, error }));
      look();
    };
    subscriber.add(node$.subscribe({ next: met, error }));
  });

/** Lookups at one node, each of which announces us if that is due. */
class Lookups {
  /** Peers that the last one has found. */
  found = 0;
  #announcedAt = -Infinity;
  /** The next one. */
  readonly next$: Observable<PeerAddress>;

  constructor(
    node: DhtNode,
    infoHash: Uint8Array,
    { port, announce = true, complete = () => false }: Pick<DhtPeersOptions, 'port' | 'announce' | 'complete'>,
  ) {
    this.next$ = defer(() => {
      this.found = 0;
      const tells = announce && now() - this.#announcedAt >= ANNOUNCE_EVERY;
      return (tells ? node.announce(infoHash, port, complete()) : node.getPeers(infoHash, complete())).pipe(
        tap({
          next: () => this.found++,
          complete: () => {
            if (tells && node.stats().nodes + node.stats().nodes6 > 0) this.#announcedAt = now();
          },
        }),
        map(({ host, port: theirs }): PeerAddress => ({ host, port: theirs, source: 'dht' })),
      );
    });
  }
}
