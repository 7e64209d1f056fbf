/**
 * Seconds' worth that may be used at once after a pause: what is exact over ten seconds to five per cent must hold less
 * than half a second.
 */
const BURST_SECONDS = 0.3;
/** Bytes that sums of fractions may be wrong by. */
const ROUNDING = 0.001;

/**
 * Leave to use bytes of a rate limit: asked before a block is asked for, or sent, so that no socket has to be paused.
 * Who is refused waits for its turn; all who wait take turns, oldest first.
 */
export interface Allowance {
  /** Somebody waits for a turn. */
  readonly awaited?: boolean;
  /**
   * Counts `bytes` and returns true; or returns false, and calls `wake` once when it is this one's turn to take them.
   * To ask again while waiting keeps the place.
   */
  take(bytes: number, wake: () => void): boolean;
  /** Waits no longer. */
  leave(wake: () => void): void;
  /** What was taken is not used. */
  give(bytes: number): void;
  /** Used without leave: is paid for by waiting. */
  spend(bytes: number): void;
}

/**
 * Counts bytes against a rate. Depends on who takes, and on `now` (ms) growing; where a clock is set back, nothing is
 * gained or lost. Starts empty. What is taken at one time may be more than the bucket holds: it is taken when the
 * bucket is full, and the debt is waited for. Invariants: `tokens` ≤ `capacity`; what is taken and not given back in t
 * seconds ≤ rate × t + what was in it + what one take was too large by.
 */
export class TokenBucket {
  #rate: number;
  #tokens = 0;
  #countedAt: number;

  /** `rate` is in bytes a second; Infinity for no limit, 0 for nothing at all. */
  constructor(rate: number, now: number) {
    this.#rate = checked(rate);
    this.#countedAt = now;
  }

  get rate(): number {
    return this.#rate;
  }

  /** What may be used at once after a pause, in bytes. */
  get capacity(): number {
    return this.#rate * BURST_SECONDS;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** @throws RangeError for what is no rate. */
  change(rate: number, now: number): void {
    this.#count(now);
    // What was without limit owes nothing.
    if (this.#rate === Infinity) this.#tokens = 0;
    this.#rate = checked(rate);
    if (rate !== Infinity) this.#tokens = Math.min(this.#tokens, this.capacity);
  }

  /** True if `bytes` may be used now: then they are counted. */
  take(bytes: number, now: number): boolean {
    if (this.#rate === Infinity) return true;
    if (this.#rate === 0) return false;
    this.#count(now);
    if (this.#lacking(bytes) > ROUNDING) return false;
    this.#tokens -= bytes;
    return true;
  }

  /** What was taken is not used: what the bucket cannot hold of it is lost. */
  give(bytes: number, now: number): void {
    this.spend(-bytes, now);
  }

  /** Used without asking. */
  spend(bytes: number, now: number): void {
    if (this.#rate === Infinity) return;
    this.#count(now);
    this.#tokens = Math.min(this.capacity, this.#tokens - bytes);
  }

  /** Milliseconds until `bytes` can be taken: Infinity at a rate of 0. */
  readyIn(bytes: number, now: number): number {
    if (this.#rate === Infinity) return 0;
    this.#count(now);
    const lacking = this.#lacking(bytes);
    if (this.#rate === 0) return Infinity;
    return lacking <= ROUNDING ? 0 : Math.ceil((lacking / this.#rate) * 1000);
  }

  #lacking(bytes: number): number {
    return Math.min(bytes, this.capacity) - this.#tokens;
  }

  #count(now: number): void {
    const elapsed = now - this.#countedAt;
    this.#countedAt = now;
    if (elapsed > 0 && this.#rate !== Infinity)
      this.#tokens = Math.min(this.capacity, this.#tokens + (this.#rate * elapsed) / 1000);
  }

  check(): void {
    if (this.#rate !== Infinity && this.#tokens > this.capacity)
      throw new RangeError(`${this.#tokens} tokens in a bucket of ${this.capacity}`);
    if (Number.isNaN(this.#tokens)) throw new RangeError('no number of tokens');
  }
}

const checked = (rate: number): number => {
  if (!(rate >= 0)) throw new RangeError(`a limit of ${rate} bytes a second: expected 0 or more, Infinity for none`);
  return rate;
};
