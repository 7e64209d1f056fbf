/**
 * Bounds of the wait for the next block, in milliseconds: with two ticks and another's room to wait for, no block waits
 * for more than 20 s.
 */
const MIN_PATIENCE = 2_000;
const MAX_PATIENCE = 16_000;
/** The same, while nothing is known of a peer. */
const FIRST_PATIENCE = 10_000;

/**
 * How fast, and how regularly, one peer sends blocks. Depends on what is measured of it. It is apart from what counts
 * the blocks: its numbers are whole at first, and then not, and would change the shape of what each block looks at.
 */
export class Cadence {
  /** Bytes a second, smoothed. */
  rate = 0;
  /** Milliseconds from one block to the next. */
  #mean = 0;
  #deviation = 0;

  /** It has sent `rate` bytes in a second. */
  measure(rate: number): void {
    this.rate = this.rate === 0 ? rate : this.rate * 0.6 + rate * 0.4;
  }

  /** Its blocks of a second came `gap` milliseconds apart. */
  observe(gap: number): void {
    if (this.#mean === 0) {
      this.#mean = gap;
      this.#deviation = gap / 2;
      return;
    }
    const error = gap - this.#mean;
    this.#mean += error / 8;
    this.#deviation += (Math.abs(error) - this.#deviation) / 4;
  }

  /** Milliseconds after which the next block is hardly still on its way: the mean and four deviations. */
  get longest(): number {
    return this.#mean + 4 * this.#deviation;
  }

  /** Milliseconds to wait for the next block; `known` if one has come. */
  patience(known: boolean): number {
    return known ? Math.min(MAX_PATIENCE, Math.max(MIN_PATIENCE, this.longest)) : FIRST_PATIENCE;
  }
}
