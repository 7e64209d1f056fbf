import { map, Subscription } from 'rxjs';
import { DrawnUdp } from '../../../marbles/network/udp.ts';
import { seeded } from '../../../marbles/random.ts';
import { type DhtNode, dhtNode, type DhtNodeOptions } from '../../../src/discovery/dht/node.ts';
import type { DhtLookup } from '../../../src/discovery/dht/peerLookup.ts';
import type { Endpoint } from '../../../src/protocol/encoding/compact.ts';
import { decodeKrpc, type Krpc } from '../../../src/protocol/dht/krpc.ts';
import { encodeKrpc } from '../../../src/protocol/dht/encodeKrpc.ts';
import { hostOf } from './made.ts';
import type { VirtualTime } from './virtualTime.ts';

export interface VirtualDhtOptions {
  readonly nodes: number;
  /** The part of them that lies, 0 to 1. */
  readonly liars?: number;
  /** The part of the packets that is lost, 0 to 1. */
  readonly loss?: number;
  readonly seed?: number;
  /** Milliseconds between two nodes who join. */
  readonly joinEvery?: number;
}

/** A node that is to be started, or runs, or has left. */
interface Place {
  readonly host: string;
  readonly liar: boolean;
  node: DhtNode | undefined;
  life: Subscription;
}

/** A DHT of our nodes on virtual time. All that happens follows from `seed`. */
export class VirtualDht {
  readonly udp: DrawnUdp;
  readonly places: readonly Place[];
  readonly random: () => number;
  /** What the lookups for peers took. */
  readonly lookups: DhtLookup[] = [];
  readonly #time: VirtualTime;
  readonly #next: () => number;

  constructor(time: VirtualTime, { nodes, liars = 0, loss = 0, seed = 1, joinEvery = 50 }: VirtualDhtOptions) {
    this.#time = time;
    this.random = seeded(seed);
    this.#next = seeded(seed + 1);
    // Far or near, as on a map: the same for the same two.
    const place = new Map<string, number>();
    const placeOf = ({ host }: Endpoint): number => {
      const known = place.get(host) ?? this.random();
      place.set(host, known);
      return known;
    };
    this.udp = new DrawnUdp({
      latency: (from, to) => Math.round(5 + 150 * Math.abs(placeOf(from) - placeOf(to)) + 20 * this.random()),
      loss,
      seed: seed + 2,
    });
    this.places = Array.from({ length: nodes }, (_, index) => ({
      host: hostOf(index),
      liar: index > 4 && this.random() < liars,
      node: undefined,
      life: new Subscription(),
    }));
    for (const [index, each] of this.places.entries()) {
      this.start(each);
      if (index % 10 === 0) time.pass(joinEvery * 10);
    }
  }

  get honest(): readonly (Place & { readonly node: DhtNode })[] {
    return this.places.filter(
      (place): place is Place & { readonly node: DhtNode } => place.node !== undefined && !place.liar,
    );
  }

  start(place: Place, options: Partial<DhtNodeOptions> = {}): void {
    const env = this.udp.at(place.host);
    const own = place.liar ? { ...env, bindUdp: this.#lying(env.bindUdp) } : env;
    const bootstrap = Array.from({ length: 3 }, () => ({
      host: (this.places?.[Math.floor(this.#next() * 5)] ?? place).host,
      port: 6881,
    }));
    const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => this.#next() * 256);
    place.life = dhtNode(
      { ...own, random: this.#next, randomBytes },
      { port: 6881, bootstrap, report: (lookup) => this.lookups.push(lookup), ...options },
    ).subscribe((node) => {
      place.node = node;
    });
  }

  leave(place: Place): void {
    place.life.unsubscribe();
    place.node = undefined;
  }

  /** Somebody leaves and somebody new comes: this part of all, 0 to 1. */
  churn(part: number): void {
    for (const place of this.places.slice(5)) {
      if (this.random() >= part) continue;
      this.leave(place);
      this.start(place);
    }
  }

  /** What one lookup finds, and the milliseconds until the first and until its end. */
  find(
    node: DhtNode,
    infoHash: Uint8Array,
  ): { readonly peers: readonly Endpoint[]; readonly first: number; readonly took: number } {
    const peers: Endpoint[] = [];
    const began = this.#time.now;
    let [first, done] = [Infinity, false];
    const lookup = node.getPeers(infoHash).subscribe({
      next: (peer) => {
        first = Math.min(first, this.#time.now - began);
        peers.push(peer);
      },
      complete: () => {
        done = true;
      },
    });
    this.#time.pass(60_000, () => done);
    lookup.unsubscribe();
    return { peers, first, took: this.#time.now - began };
  }

  announce(node: DhtNode, infoHash: Uint8Array, port: number): void {
    let done = false;
    node.announce(infoHash, port).subscribe({
      complete: () => {
        done = true;
      },
    });
    this.#time.pass(60_000, () => done);
  }

  end(): void {
    for (const place of this.places) this.leave(place);
  }

  /** Says of whatever it is asked that there are nodes right there, who are not, and knows no peers. */
  #lying(bindUdp: ReturnType<DrawnUdp['at']>['bindUdp']): typeof bindUdp {
    return (options) =>
      bindUdp(options).pipe(map((socket) => ({ ...socket, send: (bytes, to) => socket.send(this.#lie(bytes), to) })));
  }

  #lie(bytes: Uint8Array): Uint8Array {
    const krpc: Krpc = decodeKrpc(bytes);
    if (krpc.type !== 'reply' || !krpc.nodes) return bytes;
    const near = krpc.nodes[0]?.id ?? krpc.id;
    const nodes = Array.from({ length: 8 }, () => {
      const id = new Uint8Array(near);
      for (let at = 4; at < 20; at++) id[at] = this.random() * 256;
      return { id, host: `200.${Math.floor(this.random() * 256)}.${Math.floor(this.random() * 256)}.1`, port: 6881 };
    });
    const { type, transaction, id, token, ip } = krpc;
    return encodeKrpc({ type, transaction, id, nodes, ...(token ? { token } : {}), ...(ip ? { ip } : {}) });
  }
}
