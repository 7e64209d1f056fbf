import { concat, defer, EMPTY, from, ignoreElements, map, mergeMap, type Observable, take, tap } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import type { Family, Question, Reply } from '../../protocol/dht/krpc.ts';
import { Lookup } from './lookup.ts';
import type { FamilyNode } from './familyNode.ts';
import { runLookup } from './runLookup.ts';

/** Addresses that one lookup yields. */
export const MAX_FOUND = 3000;

/** What a lookup for peers took. */
export interface DhtLookup {
  readonly infoHash: Uint8Array;
  readonly family: Family;
  /** Nodes asked, and those of them that answered. */
  readonly asked: number;
  readonly answered: number;
  /** Nodes that told of the next one on the way to the farthest-fetched of those found. */
  readonly hops: number;
  /** Addresses heard, some of them several times. */
  readonly peers: number;
  /** Milliseconds. */
  readonly took: number;
}

export interface PeerLookupOptions {
  readonly want: readonly Family[];
  readonly report?: ((lookup: DhtLookup) => void) | undefined;
  /**
   * Where to announce us when the nearest nodes are known, 0 for the port that our packets come from; nowhere if not
   * given.
   */
  readonly announce?: number | undefined;
  /** We have all of it: this is announced, too, and others who have all of it are not wanted. BEP 33. */
  readonly seed?: boolean | undefined;
}

const begun = ({ table }: FamilyNode, infoHash: Uint8Array): Lookup => {
  const lookup = new Lookup(infoHash, table.id);
  lookup.add(table.starts(infoHash));
  return lookup;
};

/**
 * Looks for peers on one side, as soon as it is ready, and announces us if that is wanted. Completes; never errors. BEP
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

/** Tells those who answered that we are there; without a token of theirs they would not hear of it. */
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

/** The filters that others have of those who announced themselves. BEP 33. */
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
