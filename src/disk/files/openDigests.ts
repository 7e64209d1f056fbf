import { descriptors } from './descriptors.ts';
import { type Digested, type Digestible, digester, type Reading } from '../hashing/digest.ts';
import { joined } from '../hashing/bothDigests.ts';
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

/** SHA-1, the hashes of all blocks (BEP 52), or for a hybrid both, one after the other. */
export type DigestKind = 'sha1' | 'blocks' | 'both';

/**
 * Computes digests of data in open files, in the threads that read it. Depends on the files; they stay open until the
 * answer.
 */
export class OpenDigests {
  readonly #files: OpenFiles;
  readonly #spans: Spans;
  readonly #size: number;
  readonly #kind: DigestKind;

  constructor(files: OpenFiles, spans: Spans, size: number, kind: DigestKind) {
    this.#files = files;
    this.#spans = spans;
    this.#size = size;
    this.#kind = kind;
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
        : sharedThreads<readonly Digestible[], readonly Digested[]>('digestWorker', {
            size: this.#size,
            inline: digest,
          });
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
    threads: Threads<readonly Digestible[], readonly Digested[]>,
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
      return threads.ask([this.#question(spans, reading)], ([digested]) => {
        release();
        const found = digested && 'digest' in digested ? digested : undefined;
        done(null, found?.blocks ? joined(found.digest, found.blocks) : found?.digest);
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

  #question(spans: readonly Span[], parts: Reading): Digestible {
    if (this.#kind === 'sha1') return parts;
    // Padding has no hashes in version 2.
    const blocks = spans.reduce((sum, { length, padding }) => (padding ? sum : sum + length), 0);
    return { parts, blocks, digests: this.#kind === 'both' };
  }
}
