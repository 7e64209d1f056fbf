export type Transport = 'tcp' | 'utp';

/** How many peers are remembered; the one that was reached longest ago is forgotten first. */
export const MAX_REACHED = 1_000;

/**
 * By which transport peers were reached last. Depends on which dials have succeeded. Invariant: at most
 * {@link MAX_REACHED} peers are remembered.
 */
export class RoadHistory {
  readonly #reached = new Map<string, Transport>();

  /** The transport by which this peer, `host:port`, is tried first; undefined if it has not been reached. */
  first(peer: string): Transport | undefined {
    return this.#reached.get(peer);
  }

  reached(peer: string, by: Transport): void {
    this.#reached.delete(peer);
    this.#reached.set(peer, by);
    const [oldest] = this.#reached.keys();
    if (this.#reached.size > MAX_REACHED && oldest !== undefined) this.#reached.delete(oldest);
  }

  check(): void {
    if (this.#reached.size > MAX_REACHED) throw new RangeError(`${this.#reached.size} peers are remembered`);
  }
}
