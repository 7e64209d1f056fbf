import { toHex } from '../../protocol/encoding/id.ts';
import { type DhtItem, itemTarget } from '../../protocol/dht/item.ts';

/** Items that we keep for others, and how many of one host. Each has at most 1000 bytes. */
export const MAX_ITEMS = 700;
export const MAX_ITEMS_OF_HOST = 50;
/** Milliseconds after which an item that has not been put again is forgotten. */
export const ITEM_EXPIRY = 2 * 60 * 60_000;

interface Kept {
  readonly item: DhtItem;
  readonly host: string;
  readonly expires: number;
}

/**
 * Items that other nodes have put here, in the order in which they were put last. Invariants: at most 700, at most 50
 * of one host, each at its own target.
 */
export class ItemStore {
  readonly #kept = new Map<string, Kept>();

  get size(): number {
    return this.#kept.size;
  }

  get(target: Uint8Array, now: number): DhtItem | undefined {
    const kept = this.#kept.get(toHex(target));
    return kept !== undefined && kept.expires > now ? kept.item : undefined;
  }

  /** Keeps an item in place of the one at its target. It has been checked. */
  put(item: DhtItem, host: string, now: number): void {
    const name = toHex(itemTarget(item));
    this.#kept.delete(name);
    const theirs = [...this.#kept].filter(([, kept]) => kept.host === host);
    if (theirs.length >= MAX_ITEMS_OF_HOST) this.#kept.delete(theirs[0]?.[0] ?? '');
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_ITEMS && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(name, { item, host, expires: now + ITEM_EXPIRY });
  }

  expire(now: number): void {
    for (const [name, { expires }] of this.#kept) {
      if (expires > now) break;
      this.#kept.delete(name);
    }
  }

  check(): void {
    const hosts = new Map<string, number>();
    for (const [name, { item, host }] of this.#kept) {
      hosts.set(host, (hosts.get(host) ?? 0) + 1);
      if (toHex(itemTarget(item)) !== name) throw new RangeError(`an item is kept at ${name}`);
    }
    if (this.#kept.size > MAX_ITEMS || [...hosts.values()].some((count) => count > MAX_ITEMS_OF_HOST))
      throw new RangeError(`${this.#kept.size} items are kept`);
  }
}
