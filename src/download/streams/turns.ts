import { Observable } from 'rxjs';

/** Runs at most this many sources at once; the others wait, in their order. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  take<T>(work$: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const begin = (): void => {
        this.#waiting.delete(begin);
        this.#free--;
        subscriber.add(() => {
          this.#free++;
          for (const next of this.#waiting) return next();
        });
        subscriber.add(work$.subscribe(subscriber));
      };
      if (this.#free > 0) return begin();
      this.#waiting.add(begin);
      return () => this.#waiting.delete(begin);
    });
  }
}
