import { concat, defer, EMPTY, from, ignoreElements, map, mergeMap, type Observable, take, tap } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import type { Family, Question, Reply } from '../../protocol/dht/krpc.ts';
import { Lookup } from './lookup.ts';
import type { FamilyNode } from './familyNode.ts';
import { runLookup } from './runLookup.ts';

/** Maximum number of addresses that one lookup yields. */
export const MAX_FOUND = 3000;

/** The cost of a lookup for peers. */
export interface DhtLookup {
  readonly infoHash: Uint8Array;
  readonly family: Family;
  /** Number of nodes asked, and of those that answered. */
  readonly asked: number;
  readonly answered: number;
  /** The largest number of hops to a node that was found. */
  readonly hops: number;
  /** Number of addresses received, including repetitions. */
  readonly peers: number;
  /** Milliseconds. */
  readonly took: number;
}

export interface PeerLookupOptions {
  readonly want: readonly Family[];
  readonly report?: ((lookup: DhtLookup) => void) | undefined;
  /**
   * The port at which we are announced when the nearest nodes are known; 0 for the port that our packets come from. Not
   * announced if absent.
   */
  readonly announce?: number | undefined;
  /** Our torrent is complete: we are announced as a seed, and other seeds are not wanted. BEP 33. */
  readonly seed?: boolean | undefined;
}

const begun = ({ table }: FamilyNode, infoHash: Uint8Array): Lookup => {
  const lookup = new Lookup(infoHash, table.id);
  lookup.add(table.starts(infoHash));
  return lookup;
};

/**
 * Looks for peers by one address family, as soon as it is ready, and announces us if that is wanted. Completes; never
 * errors. BEP
 * 5.
 */
export const peerLookup = (
  side: FamilyNode,
  infoHash: Uint8Array,
  { want, report, announce, seed = false }: PeerLookupOptions,
): Observable<Endpoint> => {
  const searched$ = defer(() => {
    const began = now();
    const lookup = begun(side, infoHash);
    let [answered, peers] = [0, 0];
    const count = (reply: Reply): void => {
      answered++;
      peers += reply.peers?.length ?? 0;
    };
    const ended = (): void =>
      report?.({
        infoHash,
        family: side.family,
        asked: lookup.asked,
        answered,
        hops: lookup.hops,
        peers,
        took: now() - began,
      });
    const peers$ = runLookup(side, lookup, { method: 'get_peers', infoHash, want, noSeed: seed }).pipe(
      tap({ next: count, complete: ended }),
      mergeMap((reply) => reply.peers ?? []),
      take(MAX_FOUND),
    );
    return concat(
      peers$,
      defer(() => (announce === undefined ? EMPTY : announced(side, lookup, announce, seed))),
    );
  });
  return side.ready$.pipe(mergeMap(() => searched$));
};

/** Announces us to the nodes that have answered with a token, without which they would ignore it. */
const announced = (side: FamilyNode, lookup: Lookup, port: number, seed: boolean): Observable<never> =>
  from(lookup.closest()).pipe(
    mergeMap(({ node, token }) => {
      if (!token) return EMPTY;
      const question: Question = {
        method: 'announce_peer',
        infoHash: lookup.target,
        port: port || side.port,
        impliedPort: port === 0,
        token,
        seed,
      };
      return side.ask(node, question);
    }),
    ignoreElements(),
  );

/** The Bloom filters in which other nodes have the peers that announced themselves. BEP 33. */
export const blooms = (
  side: FamilyNode,
  infoHash: Uint8Array,
  want: readonly Family[],
): Observable<NonNullable<Reply['blooms']>> =>
  side.ready$.pipe(
    mergeMap(() => runLookup(side, begun(side, infoHash), { method: 'get_peers', infoHash, want, scrape: true })),
    mergeMap((reply) => (reply.blooms ? [reply.blooms] : [])),
    map(({ seeds, leechers }) => ({ seeds, leechers })),
  );
