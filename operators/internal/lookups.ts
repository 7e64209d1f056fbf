import { from, type Observable, type ObservableInput, type Subscriber, Subscription, take, timer } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import { verdict } from '../../src/contracts/errors.ts';

/** What timers hold: longer ones would fire at once. */
const LONGEST = 2 ** 31 - 1;

export interface ReplenishOptions {
  /** How many are wanted now; above zero the lookup is repeated as soon as `atLeast` allows. The last value counts. */
  readonly wanted$: ObservableInput<number>;
  /** Milliseconds between the end of a lookup and the next one, when more are wanted. */
  readonly atLeast: number | (() => number);
  /** Milliseconds between the end of a lookup and the next one, when none are wanted. */
  readonly atMost: number | (() => number);
  /** Says when to try again after an error that may pass, like that of RxJS's `retry`; `atLeast` later if not given. */
  readonly delay?: (error: unknown, count: number) => ObservableInput<unknown>;
}

/**
 * One lookup after the other, for one subscription to `replenish`. At any time a lookup is under way, or an error is
 * waited out, or a pause lasts until the next one is due.
 */
export class Lookups<T> {
  readonly #lookup: Observable<T>;
  readonly #subscriber: Subscriber<T>;
  readonly #options: Omit<ReplenishOptions, 'wanted$'>;
  #wanted = 0;
  /** Lookups that have failed since one went well. */
  #failures = 0;
  /**
   * When the last lookup ended, and how long the pause is at the most; undefined while one is under way or an error is
   * waited out.
   */
  #pause: { readonly ended: number; readonly atMost: number } | undefined;
  #nap = Subscription.EMPTY;

  constructor(lookup: Observable<T>, subscriber: Subscriber<T>, options: Omit<ReplenishOptions, 'wanted$'>) {
    this.#lookup = lookup;
    this.#subscriber = subscriber;
    this.#options = options;
  }

  /** So many are wanted now. */
  want(count: number): void {
    this.#wanted = count;
    this.#sleep();
  }

  /** Begins a lookup. */
  look(): void {
    const subscriber = this.#subscriber;
    this.#pause = undefined;
    this.#nap.unsubscribe();
    if (subscriber.closed) return;
    const next = (value: T): void => subscriber.next(value);
    const error = (cause: unknown): void => this.#again(cause);
    subscriber.add(this.#lookup.subscribe({ next, error, complete: () => this.#rest() }));
  }

  #rest(): void {
    this.#failures = 0;
    this.#pause = { ended: now(), atMost: limit(this.#options.atMost) };
    this.#sleep();
  }

  /** Waits until the next lookup is due, by what is wanted now. */
  #sleep(): void {
    this.#nap.unsubscribe();
    if (this.#pause === undefined || this.#subscriber.closed) return;
    const { ended, atMost } = this.#pause;
    const pause = this.#wanted > 0 ? Math.min(atMost, limit(this.#options.atLeast)) : atMost;
    // A clock that is set back must not make it longer.
    const gone = Math.max(0, now() - ended);
    this.#nap = timer(Math.max(0, pause - gone)).subscribe(() => this.look());
    this.#subscriber.add(this.#nap);
  }

  #again(error: unknown): void {
    const { atLeast, delay } = this.#options;
    const failed = (cause: unknown): void => this.#subscriber.error(cause);
    if (verdict(error) !== 'retry') return failed(error);
    this.#failures++;
    const wait$ = delay === undefined ? timer(limit(atLeast)) : from(delay(error, this.#failures));
    let isOver = false;
    // What ends the wait without a word ends it as if the lookup had gone well.
    const complete = (): void => (isOver ? this.look() : this.#rest());
    this.#subscriber.add(wait$.pipe(take(1)).subscribe({ next: () => (isOver = true), error: failed, complete }));
  }
}

const limit = (value: number | (() => number)): number =>
  Math.min(LONGEST, typeof value === 'function' ? value() : value);
