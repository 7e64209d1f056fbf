/** Bytes: sixteen quick peers are read to in long stretches. */
const ALL = 32 * 2 ** 20;

/**
 * Bytes that all peers together may have in memory for long reads, however many they are. Invariant: what is taken is
 * never less than nothing, nor more than all.
 */
export class ReadBudget {
  readonly #all: number;
  #taken = 0;

  constructor(all = ALL) {
    this.#all = all;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False if there is not as much left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#all) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }

  check(): void {
    if (this.#taken < 0 || this.#taken > this.#all) throw new RangeError(`${this.#taken} of ${this.#all} bytes`);
  }
}
