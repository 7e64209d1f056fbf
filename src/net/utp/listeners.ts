import { Observable, type Subscriber } from 'rxjs';

/**
 * The subscribers to what a socket brings: hot, and for many values a second. A subscriber that comes
 * while a value is given hears from the next one on, and one that leaves meanwhile hears no more. Depends on which
 * listen now.
 */
export class Listeners<T> {
  #all: readonly Subscriber<T>[] = [];
  #isOver = false;

  /** Completes at once if it is over. */
  readonly heard$ = new Observable<T>((listener) => {
    if (this.#isOver) return listener.complete();
    this.#all = [...this.#all, listener];
    listener.add(() => (this.#all = this.#all.filter((other) => other !== listener)));
  });

  get size(): number {
    return this.#all.length;
  }

  next(value: T): void {
    for (const listener of this.#all) listener.next(value);
  }

  error(cause: unknown): void {
    this.#isOver = true;
    for (const listener of this.#all) listener.error(cause);
  }

  complete(): void {
    this.#isOver = true;
    for (const listener of this.#all) listener.complete();
  }
}
