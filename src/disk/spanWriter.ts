import fs from 'node:fs';
import { Quickness } from './quickness.ts';
import type { Span } from './spans.ts';

export type Moved = (error: Error | null, count?: number) => void;

/** Threads that write at one time: writers to one file wait for each other, so more only take each other's time. */
const WRITERS = 2;

/**
 * Writes to the files of one torrent: at once as long as the disk is as quick as memory, else by threads of the system.
 * Invariant: at most {@link WRITERS} threads write; who waits for one is bounded by the writes in flight.
 */
export class SpanWriter {
  readonly #quickness = new Quickness();
  #writers = 0;
  readonly #waiting: (() => void)[] = [];

  /** Writes `span` of `bytes`, all of it; `done` may be called before this returns. */
  write(fd: number, bytes: Uint8Array, span: Span, done: Moved): void {
    this.#write(fd, bytes, span, 0, done);
  }

  #write(fd: number, bytes: Uint8Array, span: Span, count: number, done: Moved): void {
    const length = span.length - count;
    const ended = (error: Error | null, written: number): void => {
      if (error) this.#quickness.failed();
      if (error || written === length) done(error, count + written);
      else if (written === 0) done(new Error('nothing written'));
      else this.#write(fd, bytes, span, count + written, done);
    };
    if (this.#quickness.trusts(length)) this.#atOnce(fd, bytes, span, count, ended);
    else if (this.#writers < WRITERS) this.#byThread(fd, bytes, span, count, ended);
    else this.#waiting.push(() => this.#write(fd, bytes, span, count, done));
  }

  #atOnce(fd: number, bytes: Uint8Array, span: Span, count: number, ended: (error: Error | null, written: number) => void): void {
    const began = performance.now();
    let written: number;
    try {
      written = fs.writeSync(fd, bytes, span.from + count, span.length - count, span.at + count);
    } catch (error) {
      return ended(error as Error, 0);
    }
    this.#quickness.wrote(written, performance.now() - began);
    ended(null, written);
  }

  #byThread(fd: number, bytes: Uint8Array, span: Span, count: number, ended: (error: Error | null, written: number) => void): void {
    const began = performance.now();
    this.#writers++;
    fs.write(fd, bytes, span.from + count, span.length - count, span.at + count, (error, written) => {
      this.#writers--;
      if (!error) this.#quickness.wrote(written, performance.now() - began);
      ended(error, written);
      // The first may go at once now, and then so may the next.
      while (this.#writers < WRITERS && this.#waiting.length > 0) this.#waiting.shift()?.();
    });
  }
}
