import { Observable } from 'rxjs';
import { Held } from './held.ts';

/** Bytes that wait before a writer is told that the buffer is full. */
const BUFFER = 2 ** 18;

/**
 * Writes to one connection that are held back. Depends on what waits. Invariant: a writer that was told that the buffer
 * is full is told when nothing waits any more, here or in the connection's own buffer.
 */
export class SendQueue {
  readonly #held = new Held();
  readonly #listeners = new Set<() => void>();
  #bytes = 0;
  #isFull = false;

  /** Emits when a buffer that was full is empty. */
  readonly drained$ = new Observable<void>((subscriber) => {
    const tell = (): void => subscriber.next();
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  });

  /** Writes `size` bytes by `act` after `wait` milliseconds. Returns false if the buffer is full. */
  write(size: number, wait: number, act: () => boolean): boolean {
    if (this.#held.isIdle && wait <= 0) return act();
    this.#bytes += size;
    this.#held.add(wait, () => {
      this.#bytes -= size;
      // Where the connection's own buffer is full it tells when it is empty.
      if (!act()) this.#isFull = false;
      else if (this.#bytes === 0) this.#drained();
    });
    this.#isFull ||= this.#bytes >= BUFFER;
    return this.#bytes < BUFFER;
  }

  clear(): void {
    this.#held.clear();
  }

  /** @throws Error if the invariant does not hold. */
  check(): void {
    this.#held.check();
    if (this.#isFull && this.#held.isIdle) throw new Error('full, and nothing waits');
  }

  #drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    for (const tell of [...this.#listeners]) tell();
  }
}
