/** Milliseconds of one stretch whose least delay is kept, and how many stretches: two minutes. */
const STRETCH = 30_000;
const STRETCHES = 4;

/**
 * The shortest delay of the last two minutes: what is above it was spent in queues. Delays are microseconds between two
 * clocks that nobody has set, so that only differences mean anything; they wrap around at 32 bits. Depends on each
 * delay added, and when.
 */
export class DelayHistory {
  readonly #least: number[] = [];
  #since = 0;
  #base = 0;

  get isEmpty(): boolean {
    return this.#least.length === 0;
  }

  get base(): number {
    return this.#base;
  }

  /** How much longer than the shortest one this delay is, 0 at least. `now` is in ms. */
  above(delay: number, now: number): number {
    if (this.isEmpty || now - this.#since >= STRETCH) {
      if (this.#least.push(delay) > STRETCHES) this.#least.shift();
      this.#since = now;
    } else if (shorter(delay, this.#least.at(-1) ?? delay)) this.#least[this.#least.length - 1] = delay;
    this.#base = this.#least.reduce((least, each) => (shorter(each, least) ? each : least));
    return (delay - this.#base) >>> 0;
  }

  /** One of the clocks has moved on by this much: all delays are longer from now on. */
  drifted(by: number): void {
    for (const [index, delay] of this.#least.entries()) this.#least[index] = (delay + by) >>> 0;
  }
}

const shorter = (one: number, other: number): boolean => ((one - other) | 0) < 0;
