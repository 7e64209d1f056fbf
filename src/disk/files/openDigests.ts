import { descriptors } from './descriptors.ts';
import type { Digested, Reading, TreeReading } from '../hashing/digest.ts';
import { digester } from '../hashing/digest.ts';
import type { Done } from './insideFolder.ts';
import type { OpenFile, OpenFiles } from './openFiles.ts';
import type { Span, Spans } from './spans.ts';
import { sharedThreads, type Threads } from '../hashing/threads.ts';

/**
 * Maximum number of parts of one piece that are hashed by threads. A piece of more files is read like any other, a few
 * files at a time.
 */
const MAX_PARTS = 16;
/** Used if threads are not available. */
const digest = digester();

/**
 * Computes digests of data in open files, in the threads that read it. Depends on the files; they stay open until the
 * answer.
 */
export class OpenDigests {
  readonly #files: OpenFiles;
  readonly #spans: Spans;
  readonly #size: number;
  readonly #trees: boolean;

  /** With `trees` the digest is the hashes of all blocks (BEP 52), otherwise SHA-1. */
  constructor(files: OpenFiles, spans: Spans, size: number, trees: boolean) {
    this.#files = files;
    this.#spans = spans;
    this.#size = size;
    this.#trees = trees;
  }

  /**
   * The digest of `length` bytes at `offset`; undefined if there are fewer bytes, too many parts, or no threads or
   * descriptors.
   */
  of(offset: number, length: number, wanted: () => boolean, done: Done<Uint8Array>): void {
    const spans = this.#spans.of(offset, length);
    const threads =
      spans.length > MAX_PARTS
        ? undefined
        : sharedThreads<Reading | TreeReading, Digested>('digestWorker', { size: this.#size, inline: digest });
    const parts = spans.filter(({ padding }) => !padding).length;
    if (!threads || !descriptors.together(parts)) return done(null);
    this.#open(spans, [], wanted, threads, (error, found) => {
      descriptors.apart(parts);
      done(error, found);
    });
  }

  #open(
    spans: readonly Span[],
    open: readonly (OpenFile | undefined)[],
    wanted: () => boolean,
    threads: Threads<Reading | TreeReading, Digested>,
    done: Done<Uint8Array>,
  ): void {
    const release = (): void => open.forEach((each) => each && this.#files.release(each));
    const span = spans[open.length];
    if (!wanted()) {
      release();
      return done(null);
    }
    if (!span) {
      const reading = spans.map(({ at, length }, n) => ({ file: open[n]?.fd, at, length }));
      const question = this.#trees ? { parts: reading, blocks: Infinity, digests: false } : reading;
      return threads.ask(question, (digested) => {
        release();
        done(null, 'digest' in digested ? (digested.blocks ?? digested.digest) : undefined);
      });
    }
    if (span.padding) return this.#open(spans, [...open, undefined], wanted, threads, done);
    this.#files.acquire(span.file, 'read', (_, next) => {
      if (next) return this.#open(spans, [...open, next], wanted, threads, done);
      // The error of opening it is reported by the ordinary read that follows.
      release();
      done(null);
    });
  }
}
