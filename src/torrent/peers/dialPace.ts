/** Dials a second; as many may be saved up. */
export const DIAL_RATE = 30;

/** How fast addresses are dialled. Invariant: no more than a second's dials are saved up. */
export class DialPace {
  readonly #rate: number;
  #saved: number;
  #savedAt = 0;

  /** `rate` is in dials a second. */
  constructor(rate: number = DIAL_RATE) {
    this.#rate = this.#saved = rate;
  }

  /** May one be dialled at `now` (ms)? */
  mayDial(now: number): boolean {
    this.#saved = Math.min(this.#rate, this.#saved + ((now - this.#savedAt) * this.#rate) / 1000);
    this.#savedAt = now;
    return this.#saved >= 1;
  }

  /** One is dialled. */
  dial(): void {
    this.#saved--;
  }

  /** Milliseconds after the last {@link mayDial} until one may be dialled: 0 if one may be already. */
  get wait(): number {
    return Math.max(0, ((1 - this.#saved) * 1000) / this.#rate);
  }

  check(): void {
    if (this.#saved > this.#rate) throw new RangeError(`${this.#saved} dials are saved up`);
  }
}
