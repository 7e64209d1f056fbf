/** Milliseconds of requests that a window holds, at the least, and at the most: so many before anything is known. */
const [LEAST, MOST] = [1_000, 3_000];
/** A peer has a queue when a block takes this many times as long as the quickest did, and so many milliseconds more. */
const [QUEUED, SLACK] = [2, 100];
/**
 * Blocks of a full line take half of what the window holds at the least, as there are so many before them. When the
 * quickest takes more than this part it is the way that is long: then a window holds three times as much as that.
 */
const LONG = 0.7;
/** Else it holds less from second to second. */
const SHRINKS = 0.95;

/**
 * For how long a peer is to have something to send. What is asked of a slow one much too early, others may be asked for
 * as well, or have by then. Depends on how long blocks take from the request on. Invariant: LEAST ≤ `ms` ≤ MOST.
 */
export class Horizon {
  ms = MOST;
  /** A block has waited for others: all that the line holds has been asked for. */
  full = false;
  #quickest = Infinity;
  /** The quickest since the last tick. */
  #least = Infinity;
  #known = false;

  /** A block took `delay` milliseconds. */
  heard(delay: number): void {
    if (!(delay >= 0 && delay < Infinity)) return;
    if (delay < this.#least) this.#least = delay;
    if (delay < this.#quickest) this.#quickest = delay;
    else if (delay > QUEUED * this.#quickest + SLACK) this.full = true;
  }

  /** Every second. */
  tick(): void {
    const least = this.#least;
    this.#least = Infinity;
    if (least === Infinity) return;
    if (!this.#known) this.ms = QUEUED * this.#quickest + LEAST;
    else if (least > LONG * this.ms) this.ms = 3 * least;
    else this.ms *= SHRINKS;
    this.ms = Math.max(LEAST, Math.min(this.ms, MOST));
    this.#known = true;
  }

  check(): void {
    if (!(this.ms >= LEAST && this.ms <= MOST)) throw new RangeError(`a window for ${this.ms} ms`);
  }
}
