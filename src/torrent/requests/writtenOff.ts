import { MAX_OWED, MAX_WINDOW } from './windowLimits.ts';

/**
 * Requests of one peer that are no longer waited for, because it was too slow (`owe`) or must have dropped them
 * (`lose`), and that it was not told to cancel: it may still send the blocks. Depends on nothing. Invariants: at most
 * {@link MAX_OWED} are owed, {@link MAX_WINDOW} lost, and {@link MAX_OWED} of both neither answered nor cancelled.
 */
export class WrittenOff {
  readonly #owed = new Set<number>();
  readonly #lost = new Set<number>();
  /** Of both, and of earlier ones, those that have not come, and were not asked for again nor cancelled. */
  readonly #open = new Set<number>();

  /** The peer was snubbed. */
  owe(keys: readonly number[]): void {
    this.#lost.clear();
    addAll(this.#owed, keys, MAX_OWED);
    addAll(this.#open, keys, MAX_OWED);
  }

  /** Later ones were answered. */
  lose(keys: readonly number[]): void {
    addAll(this.#lost, keys, MAX_WINDOW);
    addAll(this.#open, keys, MAX_OWED);
  }

  /** This one has come. */
  came(key: number): void {
    if (this.#owed.size > 0) this.#owed.delete(key);
    this.closed(key);
  }

  /** This one need not be cancelled: it is asked for again, or has been rejected. */
  closed(key: number): void {
    if (this.#open.size > 0) this.#open.delete(key);
  }

  /** Was a key from `first` up to `end` owed, and has not come since? */
  owes(first: number, end: number): boolean {
    for (const key of this.#owed) if (key >= first && key < end) return true;
    return false;
  }

  /** Nothing is owed any more: the peer may be asked for it again. */
  excuse(): void {
    if (this.#owed.size > 0) this.#owed.clear();
  }

  /** Was this one, which has come late, taken to be lost? Said once. */
  misjudged(key: number): boolean {
    return this.#lost.size > 0 && this.#lost.delete(key);
  }

  /** Those that the peer need not send, as `needless` says: each is given once, to be cancelled. */
  cancelled(needless: (key: number) => boolean): readonly number[] {
    if (this.#open.size === 0) return NONE;
    const keys = [...this.#open].filter(needless);
    for (const key of keys) this.#open.delete(key);
    return keys;
  }

  /** The peer will send none of them, or it does not matter whether it does. */
  clear(): void {
    this.#lost.clear();
    this.#open.clear();
  }

  check(): void {
    const [owed, lost, open] = [this.#owed.size, this.#lost.size, this.#open.size];
    if (owed > MAX_OWED || lost > MAX_WINDOW || open > MAX_OWED)
      throw new RangeError(`${owed} owed, ${lost} lost, ${open} neither sent nor cancelled`);
  }
}

const NONE: readonly number[] = [];

/** More than `most` are not remembered: then the older ones are forgotten. */
const addAll = (to: Set<number>, keys: readonly number[], most: number): void => {
  if (to.size + keys.length > most) to.clear();
  for (const key of keys) to.add(key);
};
