import { Observable } from 'rxjs';
import type { Done } from './insideFolder.ts';

/** Something to do on the disk; `wanted` is false once nobody listens any more. */
export type Work<T> = (done: Done<T>, wanted: () => boolean) => void;

/**
 * Counts what is under way on the disk, so that files stay open until the last of it has ended: an operation that the
 * system has begun can't be taken back.
 * Invariant: `whenIdle` is called once, after `close`, when nothing is under way.
 */
export class Operations {
  readonly #refusal: () => Error;
  readonly #whenIdle: () => void;
  #running = 0;
  #closed = false;

  /** `refusal` is the error of an operation that begins too late. */
  constructor(refusal: () => Error, whenIdle: () => void) {
    this.#refusal = refusal;
    this.#whenIdle = whenIdle;
  }

  get closed(): boolean {
    return this.#closed;
  }

  begin(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
    if (this.#running === 0 && this.#closed) this.#whenIdle();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.begin();
    this.end();
  }

  /** Runs until `done`, whether anybody still listens or not. */
  run<T>(work: Work<T>): Observable<T> {
    return new Observable<T>((subscriber) => {
      // What follows from an operation under way, as the last note does from the stamps, still belongs to it.
      if (this.#closed && this.#running === 0) return subscriber.error(this.#refusal());
      this.begin();
      const done: Done<T> = (error, value) => {
        if (error) subscriber.error(error);
        else {
          if (value !== undefined) subscriber.next(value);
          subscriber.complete();
        }
        this.end();
      };
      try {
        work(done, () => !subscriber.closed);
      } catch (defect) {
        done(defect as Error);
      }
    });
  }
}
