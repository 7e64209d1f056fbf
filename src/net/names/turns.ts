import { Observable, type Subscriber } from 'rxjs';

/**
 * Runs at most `most` sources simultaneously; the others wait in a queue. Depends on: which sources run. Invariant: at
 * most `most` run, and none waits while fewer do.
 */
export class Turns {
  readonly #most: number;
  readonly #line = new Set<() => void>();
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Mirrors `source$` when its turn comes. Unsubscribing leaves the queue, or frees the place. */
  inTurn<T>(source$: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const run = (): void => this.#run(source$, subscriber);
      subscriber.add(() => this.#line.delete(run));
      if (this.#running < this.#most) run();
      else this.#line.add(run);
    });
  }

  #run<T>(source$: Observable<T>, subscriber: Subscriber<T>): void {
    this.#running++;
    // Before subscribing to the source, which may end synchronously.
    subscriber.add(() => {
      this.#running--;
      this.#next();
    });
    subscriber.add(source$.subscribe(subscriber));
  }

  #next(): void {
    const [next] = this.#line;
    if (next === undefined || this.#running >= this.#most) return;
    this.#line.delete(next);
    next();
  }

  check(): void {
    if (this.#running < 0 || this.#running > this.#most) throw new RangeError(`${this.#running} run at the same time`);
    if (this.#line.size > 0 && this.#running < this.#most)
      throw new RangeError(`${this.#line.size} wait, and only ${this.#running} run`);
  }
}
