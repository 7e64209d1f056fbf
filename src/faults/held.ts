import { Subscription, timer } from 'rxjs';
import { now } from '../contracts/clock.ts';

/**
 * What is let through later, in the order in which it came. Depends on the time. Invariant: nothing overtakes what came
 * before it.
 */
export class Held {
  #waiting: { readonly due: number; readonly act: () => void }[] = [];
  #timer = Subscription.EMPTY;
  /** The latest time that has been promised so far. */
  #due = 0;
  #isRunning = false;

  /** Runs `act` after `wait` milliseconds, and after all before it: at once if there is nothing to wait for. */
  add(wait: number, act: () => void): void {
    this.#due = Math.max(this.#due, now() + wait);
    if (this.isIdle && wait <= 0) return act();
    this.#waiting.push({ due: this.#due, act });
    if (this.#waiting.length === 1 && !this.#isRunning) this.#await();
  }

  /** Is nothing waiting? */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#isRunning;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#timer.unsubscribe();
    this.#waiting = [];
  }

  /** @throws Error if the invariant does not hold. */
  check(): void {
    if (this.#waiting.some(({ due }, nth) => due < (this.#waiting[nth - 1]?.due ?? due)))
      throw new Error('something overtakes what came before it');
  }

  #await(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#timer = timer(Math.max(0, first.due - now())).subscribe(() => this.#run());
  }

  /** Timers may be a moment early: the first has waited long enough in any case. */
  #run(): void {
    this.#isRunning = true;
    do this.#waiting.shift()?.act();
    while ((this.#waiting[0]?.due ?? Infinity) <= now());
    this.#isRunning = false;
    this.#await();
  }
}
