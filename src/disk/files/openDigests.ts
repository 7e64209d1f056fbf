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

/**
 * Bytes that a thread hashes for one question, at least a piece: to ask and to answer costs as much as hashing 100 KB.
 * Fewer if there are many threads, so that there is something for each of them.
 */
const AT_A_TIME = 4 * 2 ** 20;
/** Bytes that are asked for at the same time, if the caller asks for so many. */
const IN_FLIGHT = 64 * 2 ** 20;

/** SHA-1, the hashes of all blocks (BEP 52), or for a hybrid both, one after the other. */
export type DigestKind = 'sha1' | 'blocks' | 'both';

export interface OpenDigestsOptions {
  /** Maximum number of threads. */
  readonly size: number;
  readonly kind: DigestKind;
  /** Is the calling thread one of them? */
  readonly takesPart: boolean;
}

/** A digest that is still to be asked for. */
interface Waiting {
  readonly question: Digestible;
  readonly answer: (digested: Digested | undefined) => void;
}

type Pool = Threads<readonly Digestible[], readonly Digested[]>;

/**
 * Computes digests of data in open files, in the threads that read it. Depends on the files; they stay open until the
 * answer.
 */
export class OpenDigests {
  readonly #files: OpenFiles;
  readonly #spans: Spans;
  readonly #size: number;
  readonly #kind: DigestKind;
  readonly #takesPart: boolean;
  readonly #atATime: number;
  /** What is asked together, as soon as the call that asks for it has ended. */
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(files: OpenFiles, spans: Spans, { size, kind, takesPart }: OpenDigestsOptions) {
    this.#files = files;
    this.#spans = spans;
    this.#size = size;
    this.#kind = kind;
    this.#takesPart = takesPart;
    this.#atATime = Math.min(AT_A_TIME, IN_FLIGHT / (2 * size));
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
            takesPart: this.#takesPart,
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
    threads: Pool,
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
      const answer = (digested: Digested | undefined): void => {
        release();
        const found = digested && 'digest' in digested ? digested : undefined;
        done(null, found?.blocks ? joined(found.digest, found.blocks) : found?.digest);
      };
      const length = spans.reduce((sum, each) => sum + each.length, 0);
      return this.#ask(threads, { question: this.#question(spans, reading), answer }, length);
    }
    if (span.padding) return this.#open(spans, [...open, undefined], wanted, threads, done);
    this.#files.acquire(span.file, 'read', (_, next) => {
      if (next) return this.#open(spans, [...open, next], wanted, threads, done);
      // The error of opening it is reported by the ordinary read that follows.
      release();
      done(null);
    });
  }

  #ask(threads: Pool, waiting: Waiting, length: number): void {
    if (this.#waiting.push(waiting) === 1) queueMicrotask(() => this.#flush(threads));
    this.#bytes += length;
    if (this.#bytes >= this.#atATime) this.#flush(threads);
  }

  #flush(threads: Pool): void {
    const all = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (all.length === 0) return;
    threads.ask(
      all.map(({ question }) => question),
      (answers) => {
        for (const [n, { answer }] of all.entries()) answer(answers[n]);
      },
    );
  }

  #question(spans: readonly Span[], parts: Reading): Digestible {
    if (this.#kind === 'sha1') return parts;
    // Padding has no hashes in version 2.
    const blocks = spans.reduce((sum, { length, padding }) => (padding ? sum : sum + length), 0);
    return { parts, blocks, digests: this.#kind === 'both' };
  }
}
