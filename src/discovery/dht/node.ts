import {
  catchError,
  distinct,
  filter,
  from,
  ignoreElements,
  EMPTY,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  reduce,
  ReplaySubject,
  Subject,
  switchMap,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Warning } from '../../contracts/events.ts';
import type { UdpEndpoint, UdpSocket } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { bloomCount } from '../../protocol/dht/bloom.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import type { Endpoint, NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { ID_LENGTH } from '../../protocol/encoding/id.ts';
import type { DhtItem } from '../../protocol/dht/item.ts';
import type { Family, Reply } from '../../protocol/dht/krpc.ts';
import { K } from './bucket.ts';
import { DosGuard } from './dosGuard.ts';
import { itemsAt, putAt } from './itemLookup.ts';
import { ItemStore } from './itemStore.ts';
import { LookupQueue } from './lookupQueue.ts';
import type { DhtNode, DhtNodeOptions, DhtScrape, DhtStats } from './nodeContract.ts';
import { createNodeId } from './nodeId.ts';
import { PeerStore } from './peerStore.ts';
import { Responder } from './responder.ts';
import { RoutingTable } from './routingTable.ts';
import { MAX_SAVED, type SavedNodes } from './savedNodes.ts';
import { blooms, peerLookup } from './peerLookup.ts';
import { FamilyNode } from './familyNode.ts';
import { Tokens } from './tokens.ts';
import { maintenance } from './maintenance.ts';

/** Milliseconds between two checks for expired peers. */
const SWEEP = 60_000;
/** Number of bootstrap nodes named in the warning that none of them can be found, and its advice. */
const NAMED = 3;
const ADVICE = 'is this machine online? It is tried again; --bootstrap takes other nodes';
/** Maximum number of addresses of one host name that are used. */
const MAX_ADDRESSES = 2;

export type { DhtNode, DhtNodeOptions, DhtScrape, DhtStats } from './nodeContract.ts';

export type DhtEnv = Pick<Env, 'bindUdp' | 'resolve' | 'random' | 'randomBytes'>;
type Sockets = Readonly<Record<Family, UdpSocket | undefined>>;

/**
 * Our node in the DHT, for as long as it is subscribed to.
 *
 * ```
 *   subscribe  n-----------
 * ```
 *
 * Emits the node when it is bound, by IPv4, IPv6 or both, and then joins the network; lookups wait for that. Never
 * completes. Errors with a `NetworkError`, as `Env.bindUdp` does, if it cannot be bound. BEP 5, 32, 33, 42, 43.
 */
export const dhtNode = (env: DhtEnv, options: DhtNodeOptions): Observable<DhtNode> => {
  const failures: NetworkError[] = [];
  const unbound = (error: unknown): Observable<undefined> => {
    if (!(error instanceof NetworkError)) return throwError(() => error);
    failures.push(error);
    return of(undefined);
  };
  const bound = (family: Family, port = 0): Observable<UdpSocket | undefined> =>
    env.bindUdp({ family, port }).pipe(catchError(unbound));
  return bound(4, options.port).pipe(
    switchMap((v4) => bound(6, v4?.port ?? options.port).pipe(map((v6) => ({ 4: v4, 6: v6 })))),
    switchMap((sockets) => run(env, options, sockets, failures[0])),
  );
};

const run = (env: DhtEnv, options: DhtNodeOptions, sockets: Sockets, failure?: NetworkError): Observable<DhtNode> =>
  new Observable((subscriber) => {
    const node = new RunningNode(env, options, sockets);
    if (node.sides.length === 0) {
      return subscriber.error(
        new NetworkError(
          failure?.code ?? 'no-address',
          'the DHT node',
          failure?.message ?? 'no UDP port could be bound',
          { cause: failure },
        ),
      );
    }
    subscriber.add(node.run().subscribe({ error: (error: unknown) => subscriber.error(error) }));
    subscriber.next(node);
  });

class RunningNode implements DhtNode {
  readonly port: number;
  readonly sides: readonly FamilyNode[];
  readonly #store = new PeerStore();
  readonly #items = new ItemStore();
  readonly #env: DhtEnv;
  readonly #options: DhtNodeOptions;
  readonly #want: readonly Family[];
  readonly #warnings$ = new ReplaySubject<Warning>(1);
  readonly #joined$ = new Subject<void>();
  readonly #lookups = new LookupQueue();
  #warned = false;

  constructor(env: DhtEnv, options: DhtNodeOptions, sockets: Sockets) {
    this.#env = env;
    this.#options = options;
    this.port = sockets[4]?.port ?? sockets[6]?.port ?? 0;
    const id = options.saved?.id ?? createNodeId(env.randomBytes(ID_LENGTH));
    const guard = new DosGuard();
    const table = (family: Family): RoutingTable | undefined => this.#side(family)?.table;
    const tokens = new Tokens(env.randomBytes, now());
    const responder = new Responder({ table, store: this.#store, items: this.#items, tokens, random: env.random });
    this.sides = ([4, 6] as const).flatMap((family) => {
      const socket = sockets[family];
      if (!socket) return [];
      const replied = ({ nodes = [] }: Reply): void => this.#heardOf(nodes, family);
      return [
        new FamilyNode({
          env,
          socket,
          family,
          table: new RoutingTable(id),
          guard,
          responder,
          readOnly: options.readOnly ?? false,
          replied,
        }),
      ];
    });
    // Nodes of a family that we do not have would be of no use.
    this.#want = this.sides.length > 1 ? [4, 6] : [];
  }

  get warnings$(): Observable<Warning> {
    return this.#warnings$.asObservable();
  }

  get joined$(): Observable<unknown> {
    return this.#joined$.asObservable();
  }

  run(): Observable<never> {
    const { bootstrap, saved, outside$ = EMPTY } = this.#options;
    const lost = (): void => this.#lost();
    const sweep = (): void => {
      this.#store.expire(now());
      this.#items.expire(now());
    };
    const sweep$ = timer(SWEEP, SWEEP).pipe(tap(sweep));
    const isAlone = (): boolean => this.sides.every(({ table }) => table.usable === 0);
    const options = { env: this.#env, bootstrap, saved: saved?.nodes ?? [], want: this.#want, lost, isAlone };
    const upkeeps = this.sides.map((side) => maintenance(side, options));
    const joined$ = merge(...this.sides.map((side) => side.joined$)).pipe(tap(() => this.#joined$.next()));
    const at$ = outside$.pipe(tap((host) => this.#side(host.includes(':') ? 6 : 4)?.isAt(host)));
    return merge(joined$, at$, sweep$, ...this.sides.map((side) => side.run()), ...upkeeps).pipe(ignoreElements());
  }

  getPeers(infoHash: Uint8Array, seed?: boolean): Observable<Endpoint> {
    return this.#search(infoHash, undefined, seed);
  }

  announce(infoHash: Uint8Array, port: number, seed?: boolean): Observable<Endpoint> {
    return this.#search(infoHash, port, seed);
  }

  scrape(infoHash: Uint8Array): Observable<DhtScrape> {
    return merge(...this.sides.map((side) => blooms(side, infoHash, this.#want))).pipe(
      toArray(),
      filter(({ length }) => length > 0),
      map((all) => ({
        seeds: Math.round(bloomCount(all.map(({ seeds }) => seeds))),
        leechers: Math.round(bloomCount(all.map(({ leechers }) => leechers))),
      })),
    );
  }

  getItem(target: Uint8Array, salt?: Uint8Array): Observable<DhtItem> {
    return this.#lookups.inTurn(false, () => {
      const here = this.#items.get(target, now());
      const there = this.sides.map((side) => itemsAt(side, target, { want: this.#want, salt }));
      let last = -1;
      const isNews = ({ signed }: DhtItem): boolean => {
        const seq = signed?.seq ?? 0;
        const is = seq > last;
        if (is) last = seq;
        return is;
      };
      return merge(from(here === undefined ? [] : [here]), ...there).pipe(filter(isNews));
    });
  }

  putItem(item: DhtItem, cas?: number): Observable<number> {
    return this.#lookups.inTurn(false, () =>
      merge(...this.sides.map((side) => putAt(side, item, { want: this.#want, cas }))).pipe(
        reduce((sum, taken) => sum + taken, 0),
      ),
    );
  }

  addNode({ host, port }: UdpEndpoint): Observable<never> {
    return this.#env.resolve(host).pipe(
      mergeMap((hosts) => hosts.slice(0, MAX_ADDRESSES)),
      mergeMap((each) => {
        const side = this.#side(each.includes(':') ? 6 : 4);
        return side && !side.table.has({ host: each, port })
          ? side.ask({ host: each, port }, { method: 'ping' })
          : EMPTY;
      }),
      ignoreElements(),
    );
  }

  nodes(): SavedNodes {
    const id = this.sides[0]?.table.id ?? new Uint8Array(ID_LENGTH);
    return { id, nodes: this.sides.flatMap(({ table }) => best(table)) };
  }

  stats(): DhtStats {
    const usable = (family: Family): number => this.#side(family)?.table.usable ?? 0;
    return { nodes: usable(4), nodes6: usable(6), torrents: this.#store.torrents, peers: this.#store.peers };
  }

  /** Warns once, since joining is retried, and only without nodes of an earlier run. */
  #lost(): void {
    if (this.#warned || this.sides.some(({ table }) => table.usable > 0)) return;
    this.#warned = true;
    const names = this.#options.bootstrap.map(({ host }) => host).slice(0, NAMED);
    this.#warnings$.next({
      type: 'warning',
      code: 'dht-bootstrap',
      message: `the DHT can't be joined yet: the addresses could not be looked up of ${names.join(', ')}: ${ADVICE}`,
    });
  }

  #side(family: Family): FamilyNode | undefined {
    return this.sides.find((side) => side.family === family);
  }

  #search(infoHash: Uint8Array, announce: number | undefined, seed: boolean | undefined): Observable<Endpoint> {
    const options = { want: this.#want, report: this.#options.report, announce, seed };
    const both = (): Observable<Endpoint> => {
      // A lookup asks other nodes only, and peers may have announced themselves to us.
      const ours = ({ family }: FamilyNode): readonly Endpoint[] =>
        this.#store.told(infoHash, family, this.#env.random, now(), { noSeed: seed === true });
      const searched = this.sides.map((side) => peerLookup(side, infoHash, options));
      return merge(from(this.sides.flatMap(ours)), ...searched).pipe(distinct(addressKey));
    };
    return this.#lookups.inTurn(seed === true, both);
  }

  /** Nodes of one family tell us about nodes of the other. BEP 32. */
  #heardOf(nodes: readonly NodeEndpoint[], by: Family): void {
    const other = this.sides.find(({ family }) => family !== by);
    if (!other || other.table.usable >= K) return;
    for (const node of nodes) if (node.host.includes(':') === (other.family === 6)) other.heardOf(node);
  }
}

/** The most recently seen nodes. */
const best = (table: RoutingTable): readonly NodeEndpoint[] =>
  [...table.nodes()]
    .sort((a, b) => a.failures - b.failures || b.seen - a.seen)
    .slice(0, MAX_SAVED)
    .map(({ id, host, port }) => ({ id, host, port }));
