import { Heap } from './heap.ts';

/**
 * What is to happen at which time: of all that is due first, that which is first by `isBefore`. Times are few, most
 * often whole milliseconds, and much is due at each of them; so the heap of a time is small, whatever waits for later
 * ones. Invariant: each later time waits once, and something is due at it; all of them are after the present one.
 */
export class Calendar<T> {
  readonly #isBefore: (one: T, other: T) => boolean;
  /** What is due at the present time, of which nothing may be left. */
  #today: Heap<T>;
  #time = -Infinity;
  readonly #later = new Map<number, Heap<T>>();
  readonly #times = new Heap<number>((one, other) => one < other);
  #size = 0;

  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
    this.#today = new Heap(isBefore);
  }

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    if (this.#today.size > 0) return this.#today.first;
    const next = this.#times.first;
    return next === undefined ? undefined : this.#later.get(next)?.first;
  }

  add(due: number, item: T): void {
    this.#size++;
    if (due < this.#time) this.#goBack(due);
    if (due === this.#time) return this.#today.add(item);
    let day = this.#later.get(due);
    if (day === undefined) {
      day = new Heap(this.#isBefore);
      this.#later.set(due, day);
      this.#times.add(due);
    }
    day.add(item);
  }

  take(): T | undefined {
    if (this.#today.size === 0 && !this.#goOn()) return undefined;
    this.#size--;
    return this.#today.take();
  }

  #goOn(): boolean {
    const next = this.#times.take();
    const day = next === undefined ? undefined : this.#later.get(next);
    if (next === undefined || day === undefined) return false;
    this.#later.delete(next);
    [this.#today, this.#time] = [day, next];
    return true;
  }

  /** Something is due before everything else. */
  #goBack(due: number): void {
    if (this.#today.size > 0) {
      this.#later.set(this.#time, this.#today);
      this.#times.add(this.#time);
      this.#today = new Heap(this.#isBefore);
    }
    this.#time = due;
  }

  /** @throws Error if the invariant does not hold. */
  check(): void {
    this.#today.check();
    this.#times.check();
    let { size } = this.#today;
    for (const [time, day] of this.#later) {
      day.check();
      if (day.size === 0 || time <= this.#time) throw new Error(`${day.size} items at ${time}, after ${this.#time}`);
      size += day.size;
    }
    if (this.#times.size !== this.#later.size) throw new Error(`${this.#later.size} times, ${this.#times.size} wait`);
    if (size !== this.#size) throw new Error(`${size} items, ${this.#size} counted`);
  }
}
