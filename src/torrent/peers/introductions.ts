import { addressKey } from '../../protocol/encoding/address.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';

/**
 * Addresses remembered, the one that was named longest ago is forgotten first; and the peers that may introduce us to
 * each.
 */
export const MAX_INTRODUCED = 1_000;
export const MAX_INTRODUCERS = 4;
/** How often we ask for one peer within `ASKED_WITHIN` milliseconds, whomever we ask. */
export const MAX_ASKED = 3;
export const ASKED_WITHIN = 3_600_000;

export interface IntroductionsOptions<P> {
  /** How well we can ask this peer: 0 for not at all; the one with the highest number is asked. */
  readonly suits: (introducer: P) => number;
}

interface Known<P> {
  readonly introducers: Set<P>;
  /** Whose answer is awaited. */
  asks: P | undefined;
  asked: number;
  since: number;
}

/**
 * Which of our peers can introduce us to a peer that could not be dialled, since they have told us of it. Depends on
 * what was told, and on which peers we have asked. Invariants: each of the tables is within its limit, and nobody is
 * asked more often than `MAX_ASKED`.
 */
export class Introductions<P> {
  /** Made for the first peer that can be introduced: most of a thousand torrents never hear of one. */
  #table: Map<string, Known<P>> | undefined;
  readonly #suits: (introducer: P) => number;

  constructor({ suits }: IntroductionsOptions<P>) {
    this.#suits = suits;
  }

  get #known(): Map<string, Known<P>> {
    return (this.#table ??= new Map());
  }

  /** A peer has said that it is connected with the one at this address, which can be introduced. */
  told(by: P, of: Endpoint): void {
    const key = addressKey(of);
    const known = this.#known.get(key) ?? { introducers: new Set<P>(), asks: undefined, asked: 0, since: -Infinity };
    if (known.introducers.size < MAX_INTRODUCERS) known.introducers.add(by);
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_INTRODUCED && oldest !== undefined) this.#known.delete(oldest);
  }

  /** The peer at this address could not be dialled: the peer that is to be asked for it now, if any. */
  unreached(of: Endpoint, now: number): P | undefined {
    const known = this.#table?.get(addressKey(of));
    if (known === undefined) return undefined;
    if (Math.abs(now - known.since) >= ASKED_WITHIN) [known.asked, known.since] = [0, now];
    return this.#next(known);
  }

  /** The peer that was asked can't do it: the one to be asked instead. Nothing follows if it was not asked. */
  failed(by: P, of: Endpoint): P | undefined {
    const known = this.#table?.get(addressKey(of));
    if (known?.asks !== by) return undefined;
    known.introducers.delete(by);
    return this.#next(known);
  }

  /** A peer has left. */
  left(by: P): void {
    for (const known of this.#table?.values() ?? []) {
      known.introducers.delete(by);
      if (known.asks === by) known.asks = undefined;
    }
  }

  #next(known: Known<P>): P | undefined {
    known.asks = undefined;
    if (known.asked >= MAX_ASKED) return undefined;
    let best = 0;
    for (const each of known.introducers) {
      const suits = this.#suits(each);
      if (suits > best) [best, known.asks] = [suits, each];
    }
    if (known.asks !== undefined) known.asked++;
    return known.asks;
  }

  check(): void {
    if (this.#known.size > MAX_INTRODUCED) throw new RangeError(`${this.#known.size} addresses are remembered`);
    for (const { introducers, asked } of this.#known.values())
      if (introducers.size > MAX_INTRODUCERS || asked > MAX_ASKED)
        throw new RangeError(`${introducers.size} introduce, and were asked ${asked} times`);
  }
}
