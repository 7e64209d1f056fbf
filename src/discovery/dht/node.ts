import { catchError, concat, defer, distinct, EMPTY, from, ignoreElements, merge, mergeMap, Observable, of, switchMap, tap, throwError, timer } from 'rxjs';
import { now } from '../../clock.ts';
import type { Env, UdpEndpoint, UdpSocket } from '../../env.ts';
import { InputError } from '../../errors.ts';
import type { Endpoint, NodeEndpoint } from '../../protocol/compact.ts';
import { ID_LENGTH } from '../../protocol/id.ts';
import type { Family, Question, Reply } from '../../protocol/krpc.ts';
import { K } from './bucket.ts';
import { DosGuard } from './dosGuard.ts';
import { Lookup } from './lookup.ts';
import { createNodeId } from './nodeId.ts';
import { PeerStore } from './peerStore.ts';
import { Responder } from './responder.ts';
import { RoutingTable } from './routingTable.ts';
import { MAX_SAVED, type SavedNodes } from './savedNodes.ts';
import { Side } from './side.ts';
import { Tokens } from './tokens.ts';
import { upkeep } from './upkeep.ts';
import { walk } from './walk.ts';

/** Peers that one lookup yields. */
export const MAX_FOUND = 3000;
/** Milliseconds between two looks for peers that have expired. */
const SWEEP = 60_000;

export interface DhtNodeOptions {
  /** UDP; any free one if not given or taken. */
  readonly port?: number;
  /** Whom to ask when no other node is known. Names or literals. */
  readonly bootstrap: readonly UdpEndpoint[];
  /** What an earlier run knew. */
  readonly saved?: SavedNodes | undefined;
  /** Ask, but do not answer. BEP 43. */
  readonly readOnly?: boolean;
}

/** How our node is doing. */
export interface DhtStats {
  /** Nodes that are not bad, of each family. */
  readonly nodes: number;
  readonly nodes6: number;
  /** Announced to us, for others. */
  readonly torrents: number;
  readonly peers: number;
}

/** A running node of ours. What its methods return is cold, and never errors. */
export interface DhtNode {
  /** UDP. */
  readonly port: number;
  /** Looks once for those who have announced themselves; each is emitted once. Completes when the nearest nodes have been asked. */
  getPeers(infoHash: Uint8Array): Observable<Endpoint>;
  /** The same, and then announces us at `port` to the nearest nodes, 0 for the port that our packets come from. */
  announce(infoHash: Uint8Array, port: number): Observable<Endpoint>;
  /** Somebody may be a node: asks, and completes when that is known. */
  addNode(endpoint: UdpEndpoint): Observable<never>;
  /** What to save. */
  nodes(): SavedNodes;
  stats(): DhtStats;
}

type NodeEnv = Pick<Env, 'bindUdp' | 'resolve' | 'random' | 'randomBytes'>;

/**
 * Our node in the DHT, for as long as it is subscribed to.
 *
 * ```
 *   subscribe  n-----------
 * ```
 *
 * Emits the node when it is bound, by IPv4, IPv6 or both, and goes on joining the network: lookups wait for that. Never completes;
 * errors with an `InputError('bad-option')` if it can't be bound. BEP 5, 32, 33, 42, 43.
 */
export const dhtNode = (env: NodeEnv, options: DhtNodeOptions): Observable<DhtNode> => {
  const bound = (family: Family, port: number | undefined): Observable<UdpSocket | undefined> =>
    env
      .bindUdp({ family, ...(port === undefined ? {} : { port }) })
      .pipe(catchError((error: unknown) => (error instanceof InputError ? of(undefined) : throwError(() => error))));
  return bound(4, options.port).pipe(switchMap((v4) => bound(6, v4?.port ?? options.port).pipe(switchMap((v6) => run(env, options, { 4: v4, 6: v6 })))));
};

const run = (env: NodeEnv, options: DhtNodeOptions, sockets: Readonly<Record<Family, UdpSocket | undefined>>): Observable<DhtNode> =>
  new Observable((subscriber) => {
    const node = new RunningNode(env, options, sockets);
    if (node.sides.length === 0) return subscriber.error(new InputError('bad-option', 'the DHT node: no UDP socket could be bound; give another --port'));
    subscriber.add(node.run().subscribe({ error: (error: unknown) => subscriber.error(error) }));
    subscriber.next(node);
  });

class RunningNode implements DhtNode {
  readonly port: number;
  readonly sides: readonly Side[];
  readonly #id: Uint8Array;
  readonly #store = new PeerStore();
  readonly #env: NodeEnv;
  readonly #options: DhtNodeOptions;
  readonly #want: readonly Family[];

  constructor(env: NodeEnv, options: DhtNodeOptions, sockets: Readonly<Record<Family, UdpSocket | undefined>>) {
    this.#env = env;
    this.#options = options;
    this.#id = options.saved?.id ?? createNodeId(env.randomBytes(ID_LENGTH));
    this.port = sockets[4]?.port ?? sockets[6]?.port ?? 0;
    const guard = new DosGuard();
    const table = (family: Family): RoutingTable | undefined => this.sides.find((side) => side.family === family)?.table;
    const responder = new Responder({ table, store: this.#store, tokens: new Tokens(env.randomBytes, now()), random: env.random });
    this.sides = ([4, 6] as const).flatMap((family) => {
      const socket = sockets[family];
      if (!socket) return [];
      const replied = ({ nodes = [] }: Reply): void => this.#heardOf(nodes, family);
      return [new Side({ env, socket, family, table: new RoutingTable(this.#id), guard, responder, readOnly: options.readOnly ?? false, replied })];
    });
    // Without a side of their own, the others' nodes would be of no use.
    this.#want = this.sides.length > 1 ? [4, 6] : [];
  }

  run(): Observable<never> {
    const { bootstrap, saved } = this.#options;
    const sweep$ = timer(SWEEP, SWEEP).pipe(tap(() => this.#store.expire(now())));
    const upkeeps = this.sides.map((side) => upkeep(side, { env: this.#env, bootstrap, saved: saved?.nodes ?? [], want: this.#want }));
    return merge(...this.sides.map((side) => side.run()), ...upkeeps, sweep$).pipe(ignoreElements());
  }

  getPeers(infoHash: Uint8Array): Observable<Endpoint> {
    return this.#found((side) => this.#search(side, infoHash, () => EMPTY));
  }

  announce(infoHash: Uint8Array, port: number): Observable<Endpoint> {
    const announced = (side: Side, lookup: Lookup): Observable<never> =>
      from(lookup.closest()).pipe(
        mergeMap(({ node, token }) => {
          const question: Question = { method: 'announce_peer', infoHash, port: port || this.port, impliedPort: port === 0, token: token ?? new Uint8Array() };
          return token ? side.ask(node, question) : EMPTY;
        }),
        ignoreElements(),
      );
    return this.#found((side) => this.#search(side, infoHash, (lookup) => announced(side, lookup)));
  }

  addNode({ host, port }: UdpEndpoint): Observable<never> {
    return this.#env.resolve(host).pipe(
      mergeMap((hosts) => hosts.slice(0, 2)),
      mergeMap((each) => {
        const side = this.sides.find(({ family }) => each.includes(':') === (family === 6));
        return side && !side.table.has({ host: each, port }) ? side.ask({ host: each, port }, { method: 'ping' }) : EMPTY;
      }),
      ignoreElements(),
    );
  }

  nodes(): SavedNodes {
    return { id: this.#id, nodes: this.sides.flatMap(({ table }) => best(table).map(({ id, host, port }) => ({ id, host, port }))) };
  }

  stats(): DhtStats {
    const usable = (family: Family): number => this.sides.find((side) => side.family === family)?.table.usable ?? 0;
    return { nodes: usable(4), nodes6: usable(6), torrents: this.#store.torrents, peers: this.#store.peers };
  }

  #found(search: (side: Side) => Observable<Endpoint>): Observable<Endpoint> {
    return defer(() => merge(...this.sides.map((side) => side.ready$.pipe(mergeMap(() => search(side)))))).pipe(
      distinct(({ host, port }) => `${host} ${port}`),
    );
  }

  #search(side: Side, infoHash: Uint8Array, then: (lookup: Lookup) => Observable<never>): Observable<Endpoint> {
    return defer(() => {
      const lookup = new Lookup(infoHash, side.table.id);
      lookup.add(side.table.starts(infoHash));
      const peers$ = walk(side, lookup, { method: 'get_peers', infoHash, want: this.#want }).pipe(mergeMap(({ peers = [] }) => peers));
      return concat(
        peers$,
        defer(() => then(lookup)),
      );
    });
  }

  /** By one family one hears of nodes of the other. BEP 32. */
  #heardOf(nodes: readonly NodeEndpoint[], by: Family): void {
    const other = this.sides.find(({ family }) => family !== by);
    if (other && other.table.usable < K) for (const node of nodes.filter(({ host }) => host.includes(':') === (other.family === 6))) other.heardOf(node);
  }
}

/** Those who have been heard of last. */
const best = (table: RoutingTable) => [...table.nodes()].sort((a, b) => a.failures - b.failures || b.seen - a.seen).slice(0, MAX_SAVED);
