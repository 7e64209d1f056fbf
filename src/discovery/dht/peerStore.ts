import { addressKey } from '../../protocol/encoding/address.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import { toHex } from '../../protocol/encoding/id.ts';

/** Maximum numbers of torrents, and of peers of each, that we store for other nodes. */
export const MAX_TORRENTS = 2000;
export const MAX_PEERS = 500;
/** Maximum number of peers of one address, of all torrents together. */
export const MAX_OF_HOST = 100;
/** Milliseconds after which a peer that has not announced itself again is forgotten. */
export const EXPIRY = 30 * 60_000;
/** Maximum number of peers in one answer. */
export const MAX_TOLD = 100;

export interface StoredPeer extends Endpoint {
  readonly seed: boolean;
  readonly expires: number;
}

/**
 * The peers that have announced themselves to us. Within a torrent they are in the order of their last announce.
 * Invariants: at most 2000 torrents of 500 peers, none empty; at most 100 peers of one address.
 */
export class PeerStore {
  readonly #torrents = new Map<string, Map<string, StoredPeer>>();
  readonly #hosts = new Map<string, number>();

  get torrents(): number {
    return this.#torrents.size;
  }

  get peers(): number {
    let count = 0;
    for (const peers of this.#torrents.values()) count += peers.size;
    return count;
  }

  /** Stores a peer. False if its address already has too many. */
  announced(infoHash: Uint8Array, { host, port }: Endpoint, seed: boolean, now: number): boolean {
    const name = toHex(infoHash);
    const peer: StoredPeer = { host, port, seed, expires: now + EXPIRY };
    const known = this.#torrents.get(name);
    if (known?.has(addressKey(peer))) this.#remove(name, known, addressKey(peer));
    else if ((this.#hosts.get(host) ?? 0) >= MAX_OF_HOST) {
      this.expire(now);
      if ((this.#hosts.get(host) ?? 0) >= MAX_OF_HOST) return false;
    }
    const peers = this.#torrents.get(name) ?? this.#begin(name, now);
    const [oldest] = peers.keys();
    if (peers.size >= MAX_PEERS && oldest !== undefined) this.#remove(name, peers, oldest);
    peers.set(addressKey(peer), peer);
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1);
    return true;
  }

  /** Up to 100 random peers with that length of address. */
  told(
    infoHash: Uint8Array,
    family: 4 | 6,
    random: () => number,
    now: number,
    { noSeed = false } = {},
  ): readonly Endpoint[] {
    const peers = this.all(infoHash, now).filter(
      ({ host, seed }) => host.includes(':') === (family === 6) && !(noSeed && seed),
    );
    // The first hundred of a random permutation.
    for (let at = 0; at < Math.min(MAX_TOLD, peers.length - 1); at++) {
      const other = at + Math.floor(random() * (peers.length - at));
      [peers[at], peers[other]] = [peers[other] as StoredPeer, peers[at] as StoredPeer];
    }
    return peers.slice(0, MAX_TOLD).map(({ host, port }) => ({ host, port }));
  }

  all(infoHash: Uint8Array, now: number): StoredPeer[] {
    return [...(this.#torrents.get(toHex(infoHash))?.values() ?? [])].filter(({ expires }) => expires > now);
  }

  /** Some of the info-hashes that are announced here, by chance. */
  sample(most: number, random: () => number, now: number): readonly Uint8Array[] {
    this.expire(now);
    const names = [...this.#torrents.keys()];
    const first = Math.floor(random() * names.length);
    return [...names.slice(first), ...names.slice(0, first)]
      .slice(0, most)
      .map((name) => new Uint8Array(Buffer.from(name, 'hex')));
  }

  expire(now: number): void {
    for (const [name, peers] of this.#torrents) {
      for (const [key, { expires }] of peers) {
        if (expires > now) break;
        this.#remove(name, peers, key);
      }
    }
  }

  check(): void {
    const hosts = new Map<string, number>();
    for (const peers of this.#torrents.values())
      for (const { host } of peers.values()) hosts.set(host, (hosts.get(host) ?? 0) + 1);
    const fails =
      this.torrents > MAX_TORRENTS ||
      [...this.#torrents.values()].some(({ size }) => size === 0 || size > MAX_PEERS) ||
      hosts.size !== this.#hosts.size ||
      [...hosts].some(([host, count]) => count > MAX_OF_HOST || this.#hosts.get(host) !== count);
    if (fails) throw new Error('peer store: out of order');
  }

  #begin(name: string, now: number): Map<string, StoredPeer> {
    if (this.#torrents.size >= MAX_TORRENTS) this.expire(now);
    if (this.#torrents.size >= MAX_TORRENTS) this.#forgetSmallest();
    const peers = new Map<string, StoredPeer>();
    this.#torrents.set(name, peers);
    return peers;
  }

  /**
   * Torrents that were invented to fill the store have few peers: the oldest of those with the fewest is forgotten
   * first.
   */
  #forgetSmallest(): void {
    let smallest: readonly [string, Map<string, StoredPeer>] | undefined;
    for (const entry of this.#torrents) if (!smallest || entry[1].size < smallest[1].size) smallest = entry;
    if (smallest) for (const key of [...smallest[1].keys()]) this.#remove(...smallest, key);
  }

  #remove(name: string, peers: Map<string, StoredPeer>, key: string): void {
    const host = peers.get(key)?.host ?? '';
    peers.delete(key);
    if (peers.size === 0) this.#torrents.delete(name);
    const left = (this.#hosts.get(host) ?? 1) - 1;
    if (left > 0) this.#hosts.set(host, left);
    else this.#hosts.delete(host);
  }
}
