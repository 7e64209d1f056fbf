/**
 * Counts what a peer should not do and forgives it with time: a peer that errs now and then stays, and one that errs
 * again and again does not. Depends on the time alone. Invariant: the count is never below zero.
 */
export class Offences {
  readonly #most: number;
  readonly #forgiveEvery: number;
  #count = 0;
  #at = -Infinity;

  /** One offence is forgiven every `forgiveEvery` milliseconds. */
  constructor(most: number, forgiveEvery: number) {
    this.#most = most;
    this.#forgiveEvery = forgiveEvery;
  }

  /** True if this one, at `now` (ms), is one too many: `most` have not been forgiven. */
  add(now: number): boolean {
    this.#count = Math.max(0, this.#count - Math.max(0, now - this.#at) / this.#forgiveEvery) + 1;
    this.#at = Math.max(this.#at, now);
    // So many, all within the time in which one would be forgiven, are so many.
    return this.#count > this.#most - 1;
  }

  check(): void {
    if (this.#count < 0) throw new RangeError(`${this.#count} offences`);
  }
}
