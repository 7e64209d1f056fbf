import type { Endpoint, NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { bloomOf } from '../../protocol/dht/bloom.ts';
import { ERROR, type Failure, type Family, type Query, type Question, type Reply } from '../../protocol/dht/krpc.ts';
import { mayTellOf } from '../../protocol/encoding/reach.ts';
import { isSound, itemTarget } from '../../protocol/dht/item.ts';
import { ITEM_ERROR } from '../../protocol/dht/krpcItem.ts';
import { K } from './bucket.ts';
import type { ItemStore } from './itemStore.ts';
import type { PeerStore } from './peerStore.ts';
import type { RoutingTable } from './routingTable.ts';
import type { Tokens } from './tokens.ts';

/** What answers are made from. */
export interface Knowledge {
  /** The routing table of each address family by which we can be reached. */
  readonly table: (family: Family) => RoutingTable | undefined;
  readonly store: PeerStore;
  readonly items: ItemStore;
  readonly tokens: Tokens;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** Info-hashes in one answer (BEP 51), and seconds until there may be others. */
const MAX_SAMPLES = 20;
const SAMPLE_INTERVAL = 300;

type Asked<M extends Question['method']> = Extract<Question, { readonly method: M }>;

const familyOf = ({ host }: Endpoint): Family => (host.includes(':') ? 6 : 4);

/**
 * Makes the answers to queries. Depends on the routing tables, the announced peers, and the tokens that we have given.
 * A querying node is not stored anywhere, except as a peer with a valid token, and strangers are not told about hosts
 * in our own network. BEP 5, 32, 33, 42, 44, 51.
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
      case 'get':
        return { ...reply, ...this.#item(question, from, now) };
      case 'put': {
        const [code, message] = this.#put(question, from, now) ?? [];
        return code === undefined ? reply : { type: 'error', transaction, code, message: message ?? '' };
      }
      case 'sample_infohashes':
        return { ...reply, nodes: this.#nodes(question.target, question.want, from), samples: this.#samples(now) };
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

  #item({ target, want, seq }: Asked<'get'>, from: Endpoint, now: number): Omit<Reply, 'type' | 'transaction' | 'id'> {
    const { items, tokens } = this.#knowledge;
    const item = items.get(target, now);
    const version = item?.signed?.seq;
    const isNews = version === undefined || seq === undefined || version > seq;
    return {
      token: tokens.give(from.host, target, now),
      nodes: this.#nodes(target, want, from).slice(0, K),
      ...(item && isNews && { item }),
      ...(version !== undefined && { seq: version }),
    };
  }

  /** Why an item is not kept; undefined if it is. */
  #put({ item, token, cas }: Asked<'put'>, from: Endpoint, now: number): readonly [number, string] | undefined {
    const { items, tokens } = this.#knowledge;
    const target = itemTarget(item);
    if (!tokens.isGood(token, from.host, target, now)) return [ERROR.protocol, 'Bad token'];
    if (!isSound(item)) return [ITEM_ERROR.signature, 'Invalid signature'];
    const known = items.get(target, now);
    if (known?.signed !== undefined && item.signed !== undefined) {
      if (cas !== undefined && cas !== known.signed.seq) return [ITEM_ERROR.swapped, 'CAS mismatch'];
      const { seq } = item.signed;
      const isSame = seq === known.signed.seq && Buffer.compare(item.value, known.value) === 0;
      if (seq <= known.signed.seq && !isSame) return [ITEM_ERROR.old, 'Sequence number less than current'];
    }
    items.put(item, from.host, now);
    return undefined;
  }

  #samples(now: number): NonNullable<Reply['samples']> {
    const { store, random } = this.#knowledge;
    return { infoHashes: store.sample(MAX_SAMPLES, random, now), count: store.torrents, interval: SAMPLE_INTERVAL };
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
