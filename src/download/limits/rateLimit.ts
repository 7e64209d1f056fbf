import { ignoreElements, type Observable, type Subscription, tap, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import { InputError } from '../../contracts/errors.ts';
import { type Allowance, TokenBucket } from '../../torrent/rates/tokenBucket.ts';

/** Milliseconds between two rounds of turns: with a high limit each turn is worth many blocks. */
const LEAST_PAUSE = 10;
/** Node's timers last 24 days at most. */
const MOST_PAUSE = 60_000;

export interface RateLimitOptions {
  /** Bytes a second; Infinity for no limit, 0 for nothing at all. Default Infinity. */
  readonly rate?: number;
  /** Bytes used here also count against this limit: of the whole client, while this one is of a torrent. */
  readonly within?: Allowance | undefined;
}

/**
 * A rate limit with many users: those that wait take turns, oldest first. Depends on the time; has a timer only while
 * one waits. Invariant: none waits twice, and while one waits and `rate` > 0 there is a timer.
 */
export class RateLimit implements Allowance {
  readonly #bucket: TokenBucket;
  readonly #within: Allowance | undefined;
  /** The waiting users and their bytes, oldest first. */
  readonly #waiting = new Map<() => void, number>();
  /** The user whose turn it is. */
  #turn: (() => void) | undefined;
  #timer: Subscription | undefined;
  /** When the timer fires. */
  #due = Infinity;

  constructor({ rate = Infinity, within }: RateLimitOptions = {}) {
    this.#bucket = new TokenBucket(checked(rate), now());
    this.#within = within;
  }

  get awaited(): boolean {
    return this.#waiting.size > 0 || this.#within?.awaited === true;
  }

  /** The limit in bytes a second. */
  get rate(): number {
    return this.#bucket.rate;
  }

  /** @throws InputError `bad-option` for an invalid rate. */
  set rate(rate: number) {
    this.#bucket.change(checked(rate), now());
    this.#arm();
  }

  /** Takes each value of `rate$` as the limit; completes with it, and emits nothing. */
  follow(rate$: Observable<number>): Observable<never> {
    return rate$.pipe(
      tap((rate) => (this.rate = rate)),
      ignoreElements(),
    );
  }

  take(bytes: number, wake: () => void): boolean {
    // A newcomer queues behind those that wait.
    const first = this.#waiting.size === 0 || this.#turn === wake;
    if (!first || this.#bucket.readyIn(bytes, now()) > 0) {
      this.#waiting.set(wake, bytes);
      this.#arm();
      return false;
    }
    if (this.#within && !this.#within.take(bytes, wake)) return false;
    return this.#bucket.take(bytes, now());
  }

  leave(wake: () => void): void {
    this.#waiting.delete(wake);
    this.#within?.leave(wake);
    if (this.#waiting.size === 0) this.#disarm();
  }

  give(bytes: number): void {
    this.#bucket.give(bytes, now());
    this.#within?.give(bytes);
    this.#arm();
  }

  spend(bytes: number): void {
    this.#bucket.spend(bytes, now());
    this.#within?.spend(bytes);
  }

  /** A timer for the first in the queue. An earlier timer stays: otherwise newcomers would postpone it for ever. */
  #arm(): void {
    const [bytes] = this.#waiting.values();
    if (bytes === undefined || this.#turn) return;
    const pause = this.#bucket.readyIn(bytes, now());
    if (pause === Infinity) return;
    const wait = Math.min(MOST_PAUSE, Math.max(LEAST_PAUSE, pause));
    if (this.#due <= now() + wait) return;
    this.#disarm();
    this.#due = now() + wait;
    this.#timer = timer(wait).subscribe(() => this.#round());
  }

  #disarm(): void {
    this.#timer?.unsubscribe();
    this.#due = Infinity;
  }

  #round(): void {
    this.#due = Infinity;
    // At most one turn each in a round.
    for (let left = this.#waiting.size; left > 0; left--) {
      const [first] = this.#waiting;
      if (first === undefined || this.#bucket.readyIn(first[1], now()) > 0) break;
      const [wake] = first;
      this.#waiting.delete(wake);
      this.#turn = wake;
      try {
        wake();
      } finally {
        this.#turn = undefined;
      }
    }
    this.#arm();
  }

  check(): void {
    if (this.#waiting.size > 0 && this.#bucket.rate > 0 && this.#turn === undefined && this.#due === Infinity)
      throw new RangeError(`${this.#waiting.size} wait, and there is no timer`);
  }
}

const checked = (rate: number): number => {
  if (!(rate >= 0))
    throw new InputError('bad-option', `a limit of ${rate} bytes a second: expected 0 or more, Infinity for none`);
  return rate;
};
