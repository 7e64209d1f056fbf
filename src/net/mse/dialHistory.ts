/**
 * How many peers, each with one torrent, are remembered that did not want what we tried first; the one remembered
 * longest is forgotten.
 */
export const MAX_REMEMBERED = 1_000;

export type Way = 'plain' | 'encrypted';

/**
 * Which peers are dialled in another way than the others, because the usual one failed. Depends on which dials have
 * failed. Invariant: at most {@link MAX_REMEMBERED} peers are remembered.
 */
export class DialHistory {
  readonly #usual: Way;
  readonly #unusual = new Set<string>();

  constructor(usual: Way) {
    this.#usual = usual;
  }

  /** How the next dial of this peer, `host:port` and the torrent, goes. */
  next(peer: string): Way {
    if (!this.#unusual.has(peer)) return this.#usual;
    return this.#usual === 'plain' ? 'encrypted' : 'plain';
  }

  /** The peer hung up on this way before it had sent a byte. Returns whether the other way was not tried before. */
  failed(peer: string, way: Way): boolean {
    const isKnown = this.#unusual.delete(peer);
    if (way !== this.#usual) return false;
    this.#unusual.add(peer);
    const [oldest] = this.#unusual;
    if (this.#unusual.size > MAX_REMEMBERED && oldest !== undefined) this.#unusual.delete(oldest);
    return !isKnown;
  }

  check(): void {
    if (this.#unusual.size > MAX_REMEMBERED) throw new RangeError(`${this.#unusual.size} peers are remembered`);
  }
}
