import type { Endpoint } from '../../protocol/encoding/compact.ts';
import { latin1 } from '../../protocol/encoding/bencode.ts';

/** Maximum number of open queries. */
export const MAX_OPEN = 512;
/** Length of our transaction ids, in bytes: an attacker that has not seen the query cannot guess them. */
export const TRANSACTION_LENGTH = 4;

/**
 * Our open queries. An answer counts, once, if it has the id of a query and comes from the address that the query was
 * sent to. Invariant: at most {@link MAX_OPEN} are open, each under an id of its own.
 */
export class Transactions<T> {
  readonly #open = new Map<string, { readonly to: Endpoint; readonly value: T }>();
  readonly #randomBytes: (length: number) => Uint8Array;

  constructor(randomBytes: (length: number) => Uint8Array) {
    this.#randomBytes = randomBytes;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Opens a query and returns its id; undefined if too many are open. */
  open(to: Endpoint, value: T): Uint8Array | undefined {
    if (this.#open.size >= MAX_OPEN) return undefined;
    let id = this.#randomBytes(TRANSACTION_LENGTH);
    while (this.#open.has(latin1(id))) id = this.#randomBytes(TRANSACTION_LENGTH);
    this.#open.set(latin1(id), { to, value });
    return id;
  }

  /** The query with that id to that address, which is now answered; undefined if there is none. */
  answered(id: Uint8Array, from: Endpoint): T | undefined {
    const asked = this.#open.get(latin1(id));
    if (asked?.to.host !== from.host || asked.to.port !== from.port) return undefined;
    this.close(id);
    return asked.value;
  }

  /** All open queries to that address. */
  *openTo(to: Endpoint): Iterable<T> {
    for (const { to: there, value } of [...this.#open.values()])
      if (there.host === to.host && there.port === to.port) yield value;
  }

  close(id: Uint8Array): void {
    this.#open.delete(latin1(id));
  }

  check(): void {
    if (this.#open.size > MAX_OPEN) throw new RangeError(`${this.#open.size} questions are open`);
    for (const id of this.#open.keys())
      if (id.length !== TRANSACTION_LENGTH) throw new RangeError(`a question is open under ${id.length} bytes`);
  }
}
