import { Flight } from './flight.ts';
import { BLOCK } from './geometry.ts';

/** Requests in flight with one peer, at the least and at the most. */
export const MIN_WINDOW = 2;
export const MAX_WINDOW = 500;
/** Before anything is known of a peer. */
const FIRST_WINDOW = 4;
/** A window holds what a peer sends in so many seconds. */
const QUEUE_SECONDS = 3;
/** Slow start ends when a second brings less than so much more than the one before, in bytes a second. */
const SLOW_START_GAIN = 5_000;
/** Bounds of the wait for the next block, in milliseconds: with two ticks and another's room to wait for, no block waits for more than 20 s. */
const MIN_PATIENCE = 2_000;
const MAX_PATIENCE = 16_000;
/** The same, while nothing is known of a peer. */
const FIRST_PATIENCE = 10_000;
/** Blocks no longer waited for that may still come. */
const MAX_LATE = 2 * MAX_WINDOW;

/**
 * How many requests to keep in flight with one peer, and when to stop waiting. Depends on the peer's rate (window = rate ×
 * delay, after a slow start that adds one for each block) and on the mean gap between its blocks (patience = mean + 4
 * deviations). Keys are any numbers that name a block. Invariants: what is in flight is not late, unless it was asked for again;
 * 1 ≤ `limit` ≤ {@link MAX_WINDOW}.
 */
export class RequestWindow {
  limit = FIRST_WINDOW;
  snubbed = false;
  readonly #inFlight = new Flight();
  readonly #late = new Set<number>();
  #most: number;
  #slowStart = true;
  #bytes = 0;
  #arrivals = 0;
  #arrivalsSeen = 0;
  /**
   * The rate in bytes a second, and the gap between blocks in milliseconds. Apart: whole numbers at first, and then not, they
   * would change the shape of what each block looks at.
   */
  readonly #smoothed = { rate: 0, mean: 0, deviation: 0 };
  #tickedAt: number;
  /** When the present wait began: the last block, or the first request after a pause. */
  #waitingSince: number;

  constructor(now: number, most: number = MAX_WINDOW) {
    this.#most = Math.max(1, Math.min(most, MAX_WINDOW));
    this.limit = Math.min(FIRST_WINDOW, this.#most);
    this.#tickedAt = this.#waitingSince = now;
  }

  /** Requests that they keep at one time. */
  set most(most: number) {
    this.#most = Math.max(1, Math.min(most, MAX_WINDOW));
    if (this.limit > this.#most) this.limit = this.#most;
  }

  /** Bytes a second, smoothed. */
  get rate(): number {
    return this.#smoothed.rate;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Blocks received so far. */
  get received(): number {
    return this.#arrivals;
  }

  /** How many to ask for now: none until half the window is free, so that requests travel in batches. */
  get room(): number {
    const free = this.limit - this.#inFlight.size;
    return free * 2 >= this.limit ? free : 0;
  }

  /** Milliseconds for which the next block has been waited for; 0 while nothing is in flight. */
  waited(now: number): number {
    return this.#inFlight.size === 0 ? 0 : now - this.#waitingSince;
  }

  asked(key: number, now: number): void {
    const since = this.#waitingSince;
    const later = Math.max(since, now);
    this.#waitingSince = this.#inFlight.size === 0 ? later : since;
    // Late keys stay: one that was asked for twice comes twice, and that is nobody's fault.
    if (!this.#inFlight.has(key)) this.#inFlight.add(key);
  }

  has(key: number): boolean {
    return this.#inFlight.has(key);
  }

  /** A block has come: was it asked for, and still waited for? */
  take(key: number, bytes: number): 'expected' | 'late' | 'unexpected' {
    const expected = this.#inFlight.delete(key);
    if (!expected && !this.#late.delete(key)) return 'unexpected';
    this.#bytes += bytes;
    this.#arrivals++;
    if (this.#slowStart && !this.snubbed && this.limit < this.#most) this.limit++;
    return expected ? 'expected' : 'late';
  }

  /** May a key from `first` up to `end` still come late? */
  owes(first: number, end: number): boolean {
    for (const key of this.#late) if (key >= first && key < end) return true;
    return false;
  }

  /** No longer waited for: cancelled, or given to another. It may still come. */
  forget(key: number): boolean {
    if (!this.#inFlight.delete(key)) return false;
    this.#late.add(key);
    if (this.#late.size > MAX_LATE) for (const oldest of this.#late) if (this.#late.delete(oldest)) break;
    return true;
  }

  /** They will not send it. */
  rejected(key: number): boolean {
    return this.#inFlight.delete(key) || this.#late.delete(key);
  }

  /** Every second: measures, resizes, and returns true if the peer has kept us waiting for too long. */
  tick(now: number): boolean {
    const elapsed = Math.max(1, now - this.#tickedAt) / 1000;
    const arrived = this.#arrivals - this.#arrivalsSeen;
    this.#tickedAt = now;
    this.#arrivalsSeen = this.#arrivals;
    // A peer that was asked for nothing has not become slow.
    if (arrived > 0 || this.#inFlight.size > 0) this.#resize(this.#bytes / elapsed);
    this.#bytes = 0;
    if (arrived > 0) {
      this.#observe((now - this.#waitingSince) / arrived);
      this.#waitingSince = now;
      this.snubbed = false;
    }
    if (this.#inFlight.size === 0) this.#waitingSince = now;
    return now - this.#waitingSince > this.patience;
  }

  /** The wait is over for all that is in flight: returned, and only one request is risked until a block comes. */
  expire(now: number): number[] {
    const keys = this.#inFlight.toArray();
    for (const key of keys) this.forget(key);
    this.snubbed = true;
    this.#slowStart = false;
    this.limit = 1;
    this.#waitingSince = now;
    return keys;
  }

  /** All that is in flight, now neither in flight nor late. */
  drain(): number[] {
    const keys = this.#inFlight.toArray();
    this.#inFlight.clear();
    return keys;
  }

  /** Milliseconds to wait for the next block. */
  get patience(): number {
    if (this.#arrivals === 0) return FIRST_PATIENCE;
    return Math.min(MAX_PATIENCE, Math.max(MIN_PATIENCE, this.#smoothed.mean + 4 * this.#smoothed.deviation));
  }

  #resize(rate: number): void {
    const smoothed = this.#smoothed;
    const gained = rate - smoothed.rate;
    smoothed.rate = smoothed.rate === 0 ? rate : smoothed.rate * 0.6 + rate * 0.4;
    if (this.snubbed) return;
    if (this.#slowStart && this.#arrivals > 0 && gained < SLOW_START_GAIN) this.#slowStart = false;
    if (this.#slowStart || this.#arrivals === 0) return;
    const wanted = Math.ceil((Math.max(rate, smoothed.rate) * QUEUE_SECONDS) / BLOCK);
    this.limit = Math.min(this.#most, Math.max(MIN_WINDOW, wanted));
  }

  #observe(gap: number): void {
    const smoothed = this.#smoothed;
    if (smoothed.mean === 0) {
      smoothed.mean = gap;
      smoothed.deviation = gap / 2;
      return;
    }
    const error = gap - smoothed.mean;
    smoothed.mean += error / 8;
    smoothed.deviation += (Math.abs(error) - smoothed.deviation) / 4;
  }

  check(): void {
    this.#inFlight.check();
    if (this.#late.size > MAX_LATE) throw new RangeError(`${this.#late.size} late requests`);
    if (this.limit < 1 || this.limit > this.#most) throw new RangeError(`window of ${this.limit}`);
  }
}
