/** Milliseconds until an unanswered packet is sent again: before any was answered, at least, and at most. */
export const FIRST_TIMEOUT = 1_000;
export const MIN_TIMEOUT = 500;
export const MAX_TIMEOUT = 30_000;

/** How long answers take, smoothed as TCP does it. Depends on each time that was measured. Milliseconds. */
export class RoundTrip {
  #mean = 0;
  #deviation = 0;
  #least = Infinity;

  get mean(): number {
    return this.#mean;
  }

  /** The shortest time measured; infinite before any was. */
  get least(): number {
    return this.#least;
  }

  /** After this time an answer is overdue. */
  get timeout(): number {
    if (this.#least === Infinity) return FIRST_TIMEOUT;
    return Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, this.#mean + 4 * this.#deviation));
  }

  /** After this time a packet that others have overtaken is lost, and not only late. */
  get patience(): number {
    return this.#mean + 4 * this.#deviation;
  }

  measured(time: number): void {
    if (this.#least === Infinity) {
      this.#mean = time;
      this.#deviation = time / 2;
    } else {
      this.#deviation += (Math.abs(this.#mean - time) - this.#deviation) / 4;
      this.#mean += (time - this.#mean) / 8;
    }
    this.#least = Math.min(this.#least, time);
  }
}
