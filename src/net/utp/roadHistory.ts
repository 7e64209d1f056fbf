export type Transport = 'tcp' | 'utp';

/** How many peers are remembered; the one that was dialled longest ago is forgotten first. */
export const MAX_DIALLED = 1_000;

/**
 * Which transport led to peers, or to none. Depends on which connections were made, and on which of them a byte came.
 * Invariant: at most {@link MAX_DIALLED} peers are remembered.
 */
export class RoadHistory {
  readonly #best = new Map<string, Transport>();

  /** The transport by which this peer, `host:port`, is tried first; undefined if nothing is known. */
  first(peer: string): Transport | undefined {
    return this.#best.get(peer);
  }

  /** The peer answered. */
  reached(peer: string, by: Transport): void {
    this.#best.delete(peer);
    this.#best.set(peer, by);
    const [oldest] = this.#best.keys();
    if (this.#best.size > MAX_DIALLED && oldest !== undefined) this.#best.delete(oldest);
  }

  /** The peer took the call and hung up without a byte, as clients do by a transport that is switched off. */
  hungUp(peer: string, by: Transport): void {
    this.reached(peer, by === 'tcp' ? 'utp' : 'tcp');
  }

  check(): void {
    if (this.#best.size > MAX_DIALLED) throw new RangeError(`${this.#best.size} peers are remembered`);
  }
}
