import { Observable, type Subscriber } from 'rxjs';
import type { Allowance } from '../../src/torrent/rates/tokenBucket.ts';

/**
 * Makes a web server wait. Bytes count against a rate limit when they have come; while more have come than may, nothing
 * further is read. Invariant: bytes are owed only while it is held.
 */
export class WebThrottle {
  held = false;
  /** Repeats its last value. */
  readonly held$ = new Observable<boolean>((subscriber) => {
    this.#told.add(subscriber);
    subscriber.next(this.held);
    return () => this.#told.delete(subscriber);
  });
  readonly #told = new Set<Subscriber<boolean>>();
  readonly #limit: Allowance | undefined;
  #owed = 0;
  #paused = false;
  #full = 0;
  readonly #wake = (): void => {
    if (this.#limit?.take(this.#owed, this.#wake) !== false) this.#owed = 0;
    this.#decide();
  };

  constructor(limit: Allowance | undefined) {
    this.#limit = limit;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.#decide();
  }

  /** There is no room for what comes, or there is again; as often as the other. */
  hold(full: boolean): void {
    this.#full += full ? 1 : -1;
    this.#decide();
  }

  came(bytes: number): void {
    if (this.#limit === undefined) return;
    this.#owed += bytes;
    if (this.#limit.take(this.#owed, this.#wake)) this.#owed = 0;
    this.#decide();
  }

  end(): void {
    this.#limit?.leave(this.#wake);
  }

  check(): void {
    if (this.#owed > 0 && !this.held) throw new RangeError(`${this.#owed} bytes are owed, and more are read`);
  }

  #decide(): void {
    const held = this.#paused || this.#full > 0 || this.#owed > 0;
    if (held === this.held) return;
    this.held = held;
    for (const subscriber of [...this.#told]) subscriber.next(held);
  }
}
