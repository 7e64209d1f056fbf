import type { Endpoint, NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { bloomOf } from '../../protocol/dht/bloom.ts';
import { ERROR, type Failure, type Family, type Query, type Question, type Reply } from '../../protocol/dht/krpc.ts';
import { mayTellOf } from '../../protocol/encoding/reach.ts';
import type { PeerStore } from './peerStore.ts';
import type { RoutingTable } from './routingTable.ts';
import type { Tokens } from './tokens.ts';

/** What answers are made from. */
export interface Knowledge {
  /** The routing table of each address family by which we can be reached. */
  readonly table: (family: Family) => RoutingTable | undefined;
  readonly store: PeerStore;
  readonly tokens: Tokens;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

type Asked<M extends Question['method']> = Extract<Question, { readonly method: M }>;

const familyOf = ({ host }: Endpoint): Family => (host.includes(':') ? 6 : 4);

/**
 * Makes the answers to queries. Depends on the routing tables, the announced peers, and the tokens that we have given.
 * A querying node is not stored anywhere, except as a peer with a valid token, and strangers are not told about hosts
 * in our own network. BEP 5, 32, 33, 42.
 */
export class Responder {
  readonly #knowledge: Knowledge;

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
  }

  /** `id` is our id. */
  answer({ transaction, question }: Query, from: Endpoint, id: Uint8Array, now: number): Reply | Failure {
    const reply = { type: 'reply', transaction, id, ip: from } as const;
    switch (question.method) {
      case 'ping':
        return reply;
      case 'find_node':
        return { ...reply, nodes: this.#nodes(question.target, question.want, from) };
      case 'get_peers':
        return { ...reply, ...this.#peers(question, from, now) };
      case 'announce_peer':
        return this.#announced(question, from, now)
          ? reply
          : { type: 'error', transaction, code: ERROR.protocol, message: 'Bad token' };
      case 'invalid':
        return { type: 'error', transaction, code: question.code, message: question.message };
    }
  }

  #nodes(target: Uint8Array, want: readonly Family[], from: Endpoint): readonly NodeEndpoint[] {
    const families = want.length > 0 ? want : [familyOf(from)];
    return families
      .flatMap((family) => this.#knowledge.table(family)?.closest(target) ?? [])
      .filter(({ host }) => mayTellOf(from.host, host));
  }

  #peers(
    { infoHash, want, noSeed = false, scrape }: Asked<'get_peers'>,
    from: Endpoint,
    now: number,
  ): Pick<Reply, 'nodes' | 'peers' | 'token' | 'blooms'> {
    const { store, tokens, random } = this.#knowledge;
    const peers = store
      .told(infoHash, familyOf(from), random, now, { noSeed })
      .filter(({ host }) => mayTellOf(from.host, host));
    const all = scrape === true ? store.all(infoHash, now) : [];
    const hosts = (seeds: boolean): readonly string[] =>
      all.filter(({ seed }) => seed === seeds).map(({ host }) => host);
    return {
      nodes: this.#nodes(infoHash, want, from),
      token: tokens.give(from.host, infoHash, now),
      ...(peers.length > 0 ? { peers } : {}),
      ...(all.length > 0 ? { blooms: { seeds: bloomOf(hosts(true)), leechers: bloomOf(hosts(false)) } } : {}),
    };
  }

  #announced(
    { infoHash, token, port, impliedPort, seed = false }: Asked<'announce_peer'>,
    from: Endpoint,
    now: number,
  ): boolean {
    const { store, tokens } = this.#knowledge;
    if (!tokens.isGood(token, from.host, infoHash, now)) return false;
    store.announced(infoHash, { host: from.host, port: impliedPort ? from.port : port }, seed, now);
    return true;
  }
}
