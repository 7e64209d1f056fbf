import type { UdpEndpoint } from '../../src/contracts/network.ts';
import { addressKey } from '../../src/protocol/encoding/address.ts';

/**
 * How a router treats datagrams, by whom they may come through it: `full-cone`: from everybody, once something was sent
 * from that port. `restricted`: from hosts that were written to. `port-restricted`: from host and port that were
 * written to. `symmetric`: the same, and each of them sees another port. Nobody can connect to a host behind a router.
 */
export type NatKind = 'full-cone' | 'restricted' | 'port-restricted' | 'symmetric';

/** Milliseconds for which a way through is open after a datagram has left by it. */
const OPEN_FOR = 120_000;
const FIRST_PORT = 20_000;

interface Way {
  readonly inner: number;
  readonly outer: number;
  /** Who was written to by it, and when last. */
  readonly written: Map<string, number>;
}

/** A router between a host and the network. Depends on the datagrams that have left, and the time. */
export class Nat {
  readonly #kind: NatKind;
  /** By port inside, and by whom it leads to where that matters. */
  readonly #ways = new Map<string, Way>();
  #port = FIRST_PORT;

  constructor(kind: NatKind) {
    this.#kind = kind;
  }

  /** A datagram leaves: the port that `to` sees. */
  leaves(inner: number, to: UdpEndpoint, now: number): number {
    const key = this.#kind === 'symmetric' ? `${inner} ${addressKey(to)}` : `${inner}`;
    // Ports are kept where each is seen as one, as most routers do.
    const outer = this.#kind === 'symmetric' ? this.#port : inner;
    const way = this.#ways.get(key) ?? { inner, outer, written: new Map<string, number>() };
    if (!this.#ways.has(key) && this.#kind === 'symmetric') this.#port++;
    this.#ways.set(key, way);
    way.written.set(this.#nameOf(to), now);
    return way.outer;
  }

  /** A datagram comes: the port inside, or undefined if it is not let through. */
  comes(outer: number, from: UdpEndpoint, now: number): number | undefined {
    for (const way of this.#ways.values())
      if (way.outer === outer && now - (way.written.get(this.#nameOf(from)) ?? -Infinity) < OPEN_FOR) return way.inner;
    return undefined;
  }

  /** Whatever is told apart by this router. */
  #nameOf(end: UdpEndpoint): string {
    if (this.#kind === 'full-cone') return '';
    return this.#kind === 'restricted' ? end.host : addressKey(end);
  }
}
