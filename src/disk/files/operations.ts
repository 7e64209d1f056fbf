import { Observable } from 'rxjs';
import type { Done } from './insideFolder.ts';

/** Work on the disk; `wanted` is false once there is no subscriber any more. */
export type Work<T> = (done: Done<T>, wanted: () => boolean) => void;

/**
 * Counts pending disk operations, so that files stay open until the last of them has ended: an operation that has begun
 * cannot be cancelled. `whenIdle` is called once, after `close`, when no operation is pending.
 */
export class Operations {
  readonly #refusal: () => Error;
  readonly #whenIdle: () => void;
  #running = 0;
  #closed = false;

  /** `refusal` makes the error of an operation that begins after `close`. */
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

  /** Runs until `done`, even if there is no subscriber any more. */
  run<T>(work: Work<T>): Observable<T> {
    return new Observable<T>((subscriber) => {
      // An operation that follows from a pending one, as the last resume note does from the stamps, is still allowed.
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
