/** Requests remembered that are no longer waited for. */
export const MAX_LATE = 1_000;

/**
 * Requests of one peer that are no longer waited for and may still be answered: given back at a choke, cancelled, given
 * to another, or taken to be lost. Depends on nothing. A request that was made and given up three times may be answered
 * three times; what comes beyond that was never asked for. Invariant: at most {@link MAX_LATE} are remembered, and
 * those that were given up longest ago are forgotten first.
 */
export class LateRequests {
  readonly #times = new Map<number, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(key: number): void {
    const times = this.#times.get(key) ?? 0;
    if (times > 0) this.#times.delete(key);
    this.#times.set(key, times + 1);
    if (++this.#size > MAX_LATE) this.#forgetOldest();
  }

  /** An answer has come: true if one was still possible. */
  take(key: number): boolean {
    const times = this.#times.get(key);
    if (times === undefined) return false;
    if (times > 1) this.#times.set(key, times - 1);
    else this.#times.delete(key);
    this.#size--;
    return true;
  }

  #forgetOldest(): void {
    for (const [oldest, times] of this.#times) {
      this.#times.delete(oldest);
      this.#size -= times;
      return;
    }
  }

  check(): void {
    let size = 0;
    for (const times of this.#times.values()) size += times;
    if (size !== this.#size || size > MAX_LATE) throw new RangeError(`${size} late requests, counted as ${this.#size}`);
  }
}
