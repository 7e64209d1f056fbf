import { ignoreElements, merge, mergeMap, Observable, ReplaySubject, Subject, take, tap, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Datagram, UdpSocket } from '../../contracts/network.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import type { Endpoint, NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { equalIds, ID_LENGTH } from '../../protocol/encoding/id.ts';
import {
  decodeKrpc,
  type Failure,
  type Family,
  type Krpc,
  type Query,
  type Question,
  type Reply,
} from '../../protocol/dht/krpc.ts';
import { encodeKrpc } from '../../protocol/dht/encodeKrpc.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { addressKind, mayTellOf } from '../../protocol/encoding/reach.ts';
import type { DosGuard } from './dosGuard.ts';
import { IpVotes } from './ipVotes.ts';
import { createNodeId, isValidNodeId } from './nodeId.ts';
import type { Responder } from './responder.ts';
import { RoutingTable } from './routingTable.ts';
import { Transactions } from './transactions.ts';

/** Milliseconds after which an answer counts as slow, and after which it is no longer waited for. */
export const SHORT_TIMEOUT = 1500;
export const HARD_TIMEOUT = 10_000;
/** Maximum number of new nodes that are pinged at the same time. */
export const MAX_PINGS = 8;
/** Number of nodes with which lookups can begin. */
const ENOUGH = 4;

/** A node to ask. Without an id an answer from any node at that address is accepted. */
export type Asked = Endpoint & { readonly id?: Uint8Array };

export interface FamilyNodeOptions {
  readonly env: Pick<Env, 'randomBytes'>;
  readonly socket: UdpSocket;
  readonly family: Family;
  readonly table: RoutingTable;
  readonly guard: DosGuard;
  readonly responder: Responder;
  readonly readOnly: boolean;
  /** Called with each reply to our queries. */
  readonly replied?: (reply: Reply) => void;
}

/**
 * The IPv4 or the IPv6 side of our node: a socket and a routing table. Unsolicited packets are counted against their
 * sender, and nothing in them is stored, except by the responder in return for a valid token.
 */
export class FamilyNode {
  readonly family: Family;
  /** Replaced when our id changes. */
  table: RoutingTable;
  readonly #votes = new IpVotes();
  readonly #options: FamilyNodeOptions;
  readonly #transactions: Transactions<(answer: Reply | Failure | undefined) => void>;
  readonly #newcomers$ = new Subject<NodeEndpoint>();
  readonly #pinged = new Set<string>();
  readonly #ready$ = new ReplaySubject<void>(1);
  readonly #joined$ = new Subject<void>();
  /** Has no node answered until the last attempt to join was over? */
  #isAlone = false;

  constructor(options: FamilyNodeOptions) {
    this.#options = options;
    this.family = options.family;
    this.table = options.table;
    this.#transactions = new Transactions(options.env.randomBytes);
  }

  /** Emits as soon as there are nodes with which lookups can begin, or it is known that there are none. */
  get ready$(): Observable<void> {
    return this.#ready$.pipe(take(1));
  }

  /** Emits when a node answers after it seemed that none would: lookups until then were in vain. */
  get joined$(): Observable<void> {
    return this.#joined$.asObservable();
  }

  get port(): number {
    return this.#options.socket.port;
  }

  get open(): number {
    return this.#transactions.size;
  }

  /** Listens, and answers queries. */
  run(): Observable<never> {
    const { datagrams$, undelivered$ } = this.#options.socket;
    const heard$ = datagrams$.pipe(tap((datagram) => this.#receive(datagram)));
    const lost$ = undelivered$.pipe(tap(({ to }) => this.#undelivered(to)));
    const pings$ = this.#newcomers$.pipe(
      mergeMap((node) =>
        this.ask(node, { method: 'ping' }).pipe(tap({ finalize: () => this.#pinged.delete(addressKey(node)) })),
      ),
    );
    return merge(heard$, lost$, pings$).pipe(ignoreElements());
  }

  settled(): void {
    this.#isAlone = this.table.usable === 0;
    this.#ready$.next();
  }

  /** Pings a possible node, unless the routing table has no place for it, or many pings are in flight. */
  heardOf(node: NodeEndpoint): void {
    if (this.#pinged.size >= MAX_PINGS || this.#pinged.has(addressKey(node)) || !this.table.wants(node)) return;
    this.#pinged.add(addressKey(node));
    this.#newcomers$.next(node);
  }

  /**
   * Sends one query. Emits `slow` after 1.5 s, and the reply when it arrives. Completes without a reply after 10 s, if
   * the node answers with an error or with another id, or as soon as the system reports that the query cannot be
   * delivered.
   */
  ask(to: Asked, question: Question): Observable<Reply | 'slow'> {
    return new Observable((subscriber) => {
      let [answered, slow] = [false, false];
      const transaction = this.#transactions.open(to, (answer) => {
        answered = true;
        if (answer !== undefined && this.#accepts(answer, to)) subscriber.next(this.#trimmed(answer, to));
        subscriber.complete();
      });
      if (!transaction) return subscriber.complete();
      subscriber.add(() => {
        this.#transactions.close(transaction);
        if (slow && !answered) this.table.failed(to);
      });
      this.#send({ type: 'query', transaction, id: this.table.id, question, readOnly: this.#options.readOnly }, to);
      const patience$ = timer(SHORT_TIMEOUT, HARD_TIMEOUT - SHORT_TIMEOUT).pipe(take(2));
      const expire = (tick: number): void => {
        slow = true;
        if (tick === 0) subscriber.next('slow');
      };
      subscriber.add(patience$.subscribe({ next: expire, complete: () => subscriber.complete() }));
    });
  }

  /** Sends a packet, and returns its length in bytes. */
  #send(krpc: Krpc, to: Endpoint): number {
    const bytes = encodeKrpc(krpc);
    const { length } = bytes;
    this.#options.socket.send(bytes, to);
    return length;
  }

  /** That says nothing about the node: perhaps this machine is offline. */
  #undelivered(to: Endpoint): void {
    for (const answer of this.#transactions.openTo(to)) answer(undefined);
  }

  #receive({ bytes, from }: Datagram): void {
    const { guard } = this.#options;
    const isOurs = isOnThisMachine(from.host);
    if (!isOurs && guard.isIgnored(from.host, now())) return;
    const krpc = read(bytes);
    if (krpc && krpc.type !== 'query') {
      const answer = this.#transactions.answered(krpc.transaction, from);
      if (answer) return answer(krpc);
    }
    if (!isOurs && !guard.received(from.host, now())) return;
    if (krpc?.type === 'query') this.#answer(krpc, from);
  }

  #answer(query: Query, from: Endpoint): void {
    const { guard, responder, readOnly } = this.#options;
    if (readOnly || equalIds(query.id, this.table.id) || !guard.mayAnswer(now())) return;
    const node = { id: query.id, host: from.host, port: from.port };
    guard.answered(this.#send(responder.answer(query, from, this.table.id, now()), from));
    this.table.asked(node, now());
    if (query.readOnly !== true) this.heardOf(node);
  }

  /** Is the answer a reply from the node that we asked? Any reply proves that there is a node, perhaps another one. */
  #accepts(answer: Reply | Failure, to: Asked): answer is Reply {
    if (answer.type === 'error' || equalIds(answer.id, this.table.id)) {
      this.table.failed(to);
      return false;
    }
    this.table.answered({ id: answer.id, host: to.host, port: to.port }, now());
    if (this.table.usable >= ENOUGH) this.#ready$.next();
    this.#seen(answer, to);
    this.#options.replied?.(answer);
    if (this.#isAlone) {
      this.#isAlone = false;
      this.#joined$.next();
    }
    return to.id === undefined || equalIds(answer.id, to.id);
  }

  /**
   * Our address is the one that most nodes see. Our id has to fit it: otherwise other nodes would not accept us. BEP
   * 42.
   */
  #seen({ ip }: Reply, from: Endpoint): void {
    const host = ip && this.#votes.voted(from.host, ip.host);
    if (host !== undefined) this.isAt(host);
  }

  /** Our address outside is known. */
  isAt(host: string): void {
    if (isValidNodeId(this.table.id, host)) return;
    this.#votes.clear();
    const nodes = this.table.nodes();
    this.table = new RoutingTable(createNodeId(this.#options.env.randomBytes(ID_LENGTH), host));
    for (const node of nodes) this.table.answered(node, node.seen);
  }

  /** Removes nodes and peers of which this sender must not tell us. */
  #trimmed({ nodes = [], peers = [], ...reply }: Reply, from: Endpoint): Reply {
    const may = ({ host }: Endpoint): boolean => mayTellOf(from.host, host);
    return { ...reply, nodes: nodes.filter(may), peers: peers.filter(may) };
  }
}

/** Programs on this machine have other ways to harm it, and there may be many nodes at one loopback address. */
const isOnThisMachine = (host: string): boolean => addressKind(host) === 'loopback';

const read = (bytes: Uint8Array): Krpc | undefined => {
  try {
    return decodeKrpc(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};
