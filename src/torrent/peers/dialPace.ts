/** Maximum number of dials per second; as many may accumulate during a pause. */
export const DIAL_RATE = 30;

/**
 * Limits the rate of dials, and pauses them. A clock that is set back neither gains nor loses any. Invariant: at most
 * one second's dials accumulate.
 */
export class DialPace {
  readonly #rate: number;
  #saved: number;
  #savedAt = 0;
  #restsFrom = -Infinity;
  #restsFor = 0;

  /** `rate` is in dials per second. */
  constructor(rate: number = DIAL_RATE) {
    this.#rate = this.#saved = rate;
  }

  /** May an address be dialled at `now` (ms)? */
  mayDial(now: number): boolean {
    const elapsed = Math.max(0, now - this.#savedAt);
    this.#saved = Math.min(this.#rate, this.#saved + (elapsed * this.#rate) / 1000);
    this.#savedAt = now;
    return this.#saved >= 1 && this.#rest === 0;
  }

  /** Nobody is dialled for so many milliseconds from `now`. */
  rest(now: number, milliseconds: number): void {
    [this.#restsFrom, this.#restsFor] = [now, milliseconds];
  }

  /** Milliseconds of rest that were left at the last {@link mayDial}; none if the clock was set back since it began. */
  get #rest(): number {
    const since = this.#savedAt - this.#restsFrom;
    return since >= 0 && since < this.#restsFor ? this.#restsFor - since : 0;
  }

  /** Counts one dial. */
  dial(): void {
    this.#saved--;
  }

  /** Milliseconds from the last {@link mayDial} until a dial is allowed; 0 if it already is. */
  get wait(): number {
    return Math.max(0, ((1 - this.#saved) * 1000) / this.#rate, this.#rest);
  }

  check(): void {
    if (this.#saved > this.#rate) throw new RangeError(`${this.#saved} dials are saved up`);
  }
}
