import { Observable, type Subscriber } from 'rxjs';

/**
 * Whoever listens to what a socket brings: hot, and for many values a second. Depends on who listens now. Whoever comes
 * while a value is given hears from the next one on, and whoever leaves meanwhile hears no more.
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
