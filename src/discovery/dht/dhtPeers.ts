import { defer, map, Observable, Subscription, tap } from 'rxjs';
import { replenish } from '../../../operators/replenish.ts';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { defaultPace, type DhtPace } from '../pace.ts';
import type { DhtNode } from './node.ts';

/**
 * Milliseconds between two announces: others forget us after 30 minutes, and the next lookup may be 16.5 minutes away.
 */
export const ANNOUNCE_EVERY = 13 * 60_000;

export interface DhtPeersOptions {
  /** How many peers are wanted now; while it is above zero, lookups come early. */
  readonly wanted$: Observable<number>;
  /** Where we listen for peers; 0 for the port that our packets come from. */
  readonly port: number;
  /** Tell others that we are there, too; yes if not given. */
  readonly announce?: boolean;
  /** Asked before each lookup: have we all of it? Then others who have are not looked for (BEP 33). No if not given. */
  readonly complete?: () => boolean;
  readonly random: Env['random'];
  /** Hears what the user should know of the node. */
  readonly report?: ((event: Warning) => void) | undefined;
  /** How often lookups are made, `atMost` give or take a tenth; `dht` of {@link defaultPace} if not given. */
  readonly pace?: Omit<DhtPace, 'after'>;
}

/**
 * The addresses that the DHT has for a torrent, for as long as it is subscribed to.
 *
 * ```
 *   lookup  --a-(bc)|        --d-|
 *   result  --a-(bc)---…-------d---…
 * ```
 *
 * Looks up at once, and again after 15 minutes; while peers are wanted after 5 minutes already, and after half a minute
 * if nobody was found; at once when the network has been joined only after a lookup in vain. Announces us with the
 * first lookup, and when 13 minutes have passed. Not for private torrents (BEP 27). Never completes; errors with those
 * of `node$` only. BEP 5, 33.
 */
export const dhtPeers = (
  node$: Observable<DhtNode>,
  infoHash: Uint8Array,
  options: DhtPeersOptions,
): Observable<PeerAddress> =>
  // One subscription for all of it, and one timer: a thousand torrents have a thousand of these.
  new Observable((subscriber) => {
    const { wanted$, complete = () => false, random, report = () => undefined, pace = defaultPace.dht } = options;
    let company = Subscription.EMPTY;
    const error = (cause: unknown): void => subscriber.error(cause);
    const met = (node: DhtNode): void => {
      company.unsubscribe();
      subscriber.add((company = new Subscription()));
      const lookups = new Lookups(node, infoHash, options);
      let looking = Subscription.EMPTY;
      // Whoever has all of it can wait until somebody wants it.
      const atLeast = (): number => (lookups.found === 0 && !complete() ? pace.afterNone : pace.atLeast);
      const atMost = (): number => pace.atMost * (0.9 + random() / 5);
      const peer$ = lookups.next$.pipe(replenish({ wanted$, atLeast, atMost }));
      const look = (): void => {
        looking.unsubscribe();
        company.add((looking = peer$.subscribe({ next: (peer) => subscriber.next(peer), error })));
      };
      // What was looked up before there was anybody to ask is no reason to wait.
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
