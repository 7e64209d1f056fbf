/**
 * Burst after a pause, in seconds' worth of the rate: for an accuracy of five per cent over ten seconds it must be less
 * than half a second.
 */
const BURST_SECONDS = 0.3;
/** Rounding error of sums of fractions, in bytes. */
const ROUNDING = 0.001;

/**
 * Permission to use bytes of a rate limit. It is asked for before a block is requested or sent, so that no socket has
 * to be paused. A caller that is refused waits; waiting callers take turns, oldest first.
 */
export interface Allowance {
  /** A caller is waiting for its turn. */
  readonly awaited?: boolean;
  /**
   * Counts `bytes` and returns true; or returns false, and calls `wake` once when it is the caller's turn. A caller
   * that asks again while it waits keeps its place.
   */
  take(bytes: number, wake: () => void): boolean;
  /** The caller waits no longer. */
  leave(wake: () => void): void;
  /** Returns bytes that were taken, but are not used. */
  give(bytes: number): void;
  /** Counts bytes that were used without permission: later callers wait for them. */
  spend(bytes: number): void;
}

/**
 * Counts bytes against a rate. Depends on what is taken, and on an increasing `now` (ms); a clock that is set back
 * neither gains nor loses anything. Starts empty. A single take may exceed the capacity: it succeeds when the bucket is
 * full, and leaves a debt. Invariants: `tokens` ≤ `capacity`; bytes taken and not given back in t seconds ≤ rate × t +
 * the initial tokens + the excess of one take.
 */
export class TokenBucket {
  #rate: number;
  #tokens = 0;
  #countedAt: number;

  /** `rate` is in bytes per second; Infinity for no limit, 0 for nothing at all. */
  constructor(rate: number, now: number) {
    this.#rate = checked(rate);
    this.#countedAt = now;
  }

  get rate(): number {
    return this.#rate;
  }

  /** Maximum burst after a pause, in bytes. */
  get capacity(): number {
    return this.#rate * BURST_SECONDS;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** @throws RangeError for an invalid rate. */
  change(rate: number, now: number): void {
    this.#count(now);
    // Bytes that were taken without a limit leave no debt.
    if (this.#rate === Infinity) this.#tokens = 0;
    this.#rate = checked(rate);
    if (rate !== Infinity) this.#tokens = Math.min(this.#tokens, this.capacity);
  }

  /** Returns true and counts `bytes` if they may be used now. */
  take(bytes: number, now: number): boolean {
    if (this.#rate === Infinity) return true;
    if (this.#rate === 0) return false;
    this.#count(now);
    if (this.#lacking(bytes) > ROUNDING) return false;
    this.#tokens -= bytes;
    return true;
  }

  /** Returns bytes that were taken, but are not used; what exceeds the capacity is lost. */
  give(bytes: number, now: number): void {
    this.spend(-bytes, now);
  }

  /** Counts bytes that were used without asking. */
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
