import { addressKey } from '../../protocol/encoding/address.ts';
import type { Endpoint, NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { equalIds, ID_LENGTH, toHex } from '../../protocol/encoding/id.ts';
import { type Bucket, type Contact, isBad, isQuestionable, K, lastMoved, QUIET, spare, victimOf } from './bucket.ts';
import { commonBits, idNear, nearestFirst } from './distance.ts';
import { networkOf } from './networks.ts';
import { isValidNodeId } from './nodeId.ts';

/**
 * Number of missed answers in a row after which a node is forgotten, even if no other wants its place. It is high,
 * since we may have been offline ourselves.
 */
export const MAX_MISSED = 20;

/**
 * The nodes that we know: the nearer to our id, the more of them. Depends on which nodes answered or did not, how long
 * ago, and which networks are in the table already. Bucket n holds the nodes with n leading bits in common with our id;
 * the last bucket holds those with more, and only it is split when it is full. Invariants: at most 160 buckets with 8
 * contacts and 8 spares each; each id and each endpoint occurs once; at most one contact for each public /24 or /64;
 * all have answered us. BEP 5, 42.
 */
export class RoutingTable {
  readonly id: Uint8Array;
  readonly #buckets: Bucket[];
  readonly #byKey = new Map<string, Contact>();
  readonly #byId = new Map<string, Contact>();
  readonly #networks = new Set<string>();

  constructor(id: Uint8Array) {
    this.id = id;
    this.#buckets = [{ contacts: [], spares: [], refreshed: -Infinity }];
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Number of contacts that are not bad. */
  get usable(): number {
    let count = 0;
    for (const contact of this.#byKey.values()) if (!isBad(contact)) count++;
    return count;
  }

  get depth(): number {
    return this.#buckets.length;
  }

  has(node: Endpoint): boolean {
    return this.#byKey.has(addressKey(node));
  }

  /** Would the table have a place for an unknown node, if it answered? */
  wants(node: NodeEndpoint): boolean {
    if (equalIds(node.id, this.id) || this.has(node) || this.#byId.has(toHex(node.id)) || this.#isTaken(node.host))
      return false;
    const bucket = this.#bucketOf(node.id);
    if (bucket.contacts.length < K || this.#maySplit(bucket)) return true;
    return victimOf(bucket, { secure: isValidNodeId(node.id, node.host) }) !== undefined;
  }

  /** A node has answered us with that id: only this adds a node to the table. */
  answered(node: NodeEndpoint, now: number): void {
    if (equalIds(node.id, this.id)) return;
    const known = this.#byKey.get(addressKey(node));
    if (known && equalIds(known.id, node.id)) {
      known.seen = now;
      known.failures = 0;
      return;
    }
    // Another node has this address now.
    if (known) this.#remove(known);
    const namesake = this.#byId.get(toHex(node.id));
    if (namesake) {
      // A node that answers keeps its id: another one that claims the same id may be trying to take its place.
      if (!isBad(namesake)) return;
      this.#remove(namesake);
    }
    const { id, host, port } = node;
    this.#enter({ id: new Uint8Array(id), host, port, seen: now, failures: 0, secure: isValidNodeId(id, host) });
  }

  /** A node has sent a query: if it has answered before, it is alive. */
  asked(node: NodeEndpoint, now: number): void {
    const known = this.#byKey.get(addressKey(node));
    if (known && known.failures === 0 && equalIds(known.id, node.id)) known.seen = now;
  }

  /** A node has not answered, or with another id. */
  failed(node: Endpoint): void {
    const known = this.#byKey.get(addressKey(node));
    if (!known) return;
    known.failures++;
    const bucket = this.#bucketOf(known.id);
    const heir = isBad(known) ? this.#heirOf(bucket) : undefined;
    if (!heir && known.failures < MAX_MISSED) return;
    this.#remove(known);
    if (heir) this.#add(bucket, heir);
  }

  /** The `count` nodes nearest to `target` that are not bad, the nearest first. */
  closest(target: Uint8Array, count = K): readonly Contact[] {
    const near: Contact[] = [];
    for (const group of this.#groups(target)) {
      near.push(
        ...nearestFirst(
          target,
          group.filter((contact) => !isBad(contact)),
        ),
      );
      if (near.length >= count) break;
    }
    return near.slice(0, count);
  }

  /** The nodes with which a lookup begins: as `closest`, but rather bad ones than none. */
  starts(target: Uint8Array, count = K): readonly Contact[] {
    const near = this.closest(target, count);
    if (near.length >= count) return near;
    const bad = [...this.#byKey.values()].filter(isBad);
    return [...near, ...nearestFirst(target, bad).slice(0, count - near.length)];
  }

  /**
   * An id to look up, because its bucket has been quiet, or has room and was never refreshed. Marks the bucket as
   * refreshed.
   */
  due(now: number, random: Uint8Array): Uint8Array | undefined {
    const index = this.#buckets.findIndex((bucket) => now - lastMoved(bucket) >= QUIET);
    const bucket = this.#buckets[index];
    if (!bucket) return undefined;
    bucket.refreshed = now;
    return idNear(this.id, index, random, index === this.#buckets.length - 1);
  }

  /**
   * A node to ping: the questionable one that has been silent for longest, in a bucket where others wait for a place.
   */
  doubtful(now: number): Contact | undefined {
    const doubted = this.#buckets.flatMap(({ contacts, spares }) =>
      spares.length > 0 ? contacts.filter((contact) => isQuestionable(contact, now)) : [],
    );
    return doubted.sort((a, b) => a.seen - b.seen)[0];
  }

  /** All contacts, the nearest to our id first. */
  nodes(): readonly Contact[] {
    return this.#buckets.toReversed().flatMap(({ contacts }) => contacts);
  }

  check(): void {
    const contacts = this.nodes();
    const fails =
      contacts.length !== this.#byKey.size ||
      contacts.length !== this.#byId.size ||
      this.#buckets.length > ID_LENGTH * 8 ||
      this.#buckets.some(({ contacts: some, spares }) => some.length > K || spares.length > K) ||
      contacts.some((contact) => !this.#bucketOf(contact.id).contacts.includes(contact)) ||
      new Set(contacts.map(({ host }) => networkOf(host)).filter((network) => network !== undefined)).size !==
        this.#networks.size ||
      contacts.filter(({ host }) => networkOf(host) !== undefined).length !== this.#networks.size;
    if (fails) throw new Error('routing table: out of order');
  }

  #bucketOf(id: Uint8Array): Bucket {
    return this.#buckets[Math.min(commonBits(this.id, id), this.#buckets.length - 1)] as Bucket;
  }

  /**
   * Contacts in groups, each nearer to the target than the next one: its own bucket, then all buckets nearer to us,
   * then each bucket farther away.
   */
  *#groups(target: Uint8Array): Generator<readonly Contact[]> {
    const own = Math.min(commonBits(this.id, target), this.#buckets.length - 1);
    yield this.#buckets[own]?.contacts ?? [];
    yield this.#buckets.slice(own + 1).flatMap(({ contacts }) => contacts);
    for (let index = own - 1; index >= 0; index--) yield this.#buckets[index]?.contacts ?? [];
  }

  #isTaken(host: string): boolean {
    const network = networkOf(host);
    return network !== undefined && this.#networks.has(network);
  }

  #maySplit(bucket: Bucket): boolean {
    return bucket === this.#buckets.at(-1) && this.#buckets.length < ID_LENGTH * 8;
  }

  #enter(contact: Contact): void {
    for (let bucket = this.#bucketOf(contact.id); ; bucket = this.#bucketOf(contact.id)) {
      if (this.#isTaken(contact.host)) return;
      if (bucket.contacts.length < K) return this.#add(bucket, contact);
      if (this.#maySplit(bucket)) {
        this.#split();
        continue;
      }
      const victim = victimOf(bucket, contact);
      if (!victim) return spare(bucket, contact);
      this.#remove(victim);
      return this.#add(bucket, contact);
    }
  }

  #split(): void {
    const last = this.#buckets.pop() as Bucket;
    const halves: readonly [Bucket, Bucket] = [
      { contacts: [], spares: [], refreshed: last.refreshed },
      { contacts: [], spares: [], refreshed: last.refreshed },
    ];
    const depth = this.#buckets.push(...halves) - 2;
    for (const contact of last.contacts) halves[commonBits(this.id, contact.id) > depth ? 1 : 0].contacts.push(contact);
    for (const contact of last.spares) spare(halves[commonBits(this.id, contact.id) > depth ? 1 : 0], contact);
  }

  #heirOf({ spares }: Bucket): Contact | undefined {
    for (let heir = spares.pop(); heir; heir = spares.pop()) {
      if (!this.has(heir) && !this.#byId.has(toHex(heir.id)) && !this.#isTaken(heir.host)) return heir;
    }
    return undefined;
  }

  #add(bucket: Bucket, contact: Contact): void {
    bucket.contacts.push(contact);
    this.#byKey.set(addressKey(contact), contact);
    this.#byId.set(toHex(contact.id), contact);
    const network = networkOf(contact.host);
    if (network !== undefined) this.#networks.add(network);
  }

  #remove(contact: Contact): void {
    const { contacts } = this.#bucketOf(contact.id);
    contacts.splice(contacts.indexOf(contact), 1);
    this.#byKey.delete(addressKey(contact));
    this.#byId.delete(toHex(contact.id));
    const network = networkOf(contact.host);
    if (network !== undefined) this.#networks.delete(network);
  }
}
