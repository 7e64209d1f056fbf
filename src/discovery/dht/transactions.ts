import type { Endpoint } from '../../protocol/encoding/compact.ts';
import { latin1 } from '../../protocol/encoding/bencode.ts';

/** Questions that may be open at once. */
export const MAX_OPEN = 512;
/** Bytes of our transaction ids: who has not seen the question does not guess them. */
export const TRANSACTION_LENGTH = 4;

/**
 * Whom we have asked what. Depends on: the questions that are open. An answer counts if it has the id of a question,
 * and comes from where that question went to; and only once. Invariant: at most 512 are open.
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

  /** The id to ask under; undefined if too many questions are open. */
  open(to: Endpoint, value: T): Uint8Array | undefined {
    if (this.#open.size >= MAX_OPEN) return undefined;
    let id = this.#randomBytes(TRANSACTION_LENGTH);
    while (this.#open.has(latin1(id))) id = this.#randomBytes(TRANSACTION_LENGTH);
    this.#open.set(latin1(id), { to, value });
    return id;
  }

  /** What was asked there under that id, and is now answered; undefined if nothing was. */
  answered(id: Uint8Array, from: Endpoint): T | undefined {
    const asked = this.#open.get(latin1(id));
    if (asked?.to.host !== from.host || asked.to.port !== from.port) return undefined;
    this.close(id);
    return asked.value;
  }

  /** All that was asked there and is still open. */
  *openTo(to: Endpoint): Iterable<T> {
    for (const { to: there, value } of [...this.#open.values()])
      if (there.host === to.host && there.port === to.port) yield value;
  }

  close(id: Uint8Array): void {
    this.#open.delete(latin1(id));
  }
}
