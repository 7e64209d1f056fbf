import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { Observable } from 'rxjs';
import type { Verify } from '../env.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import type { Hasher } from '../torrent/pieceDrafts.ts';
import { holds, isPromised, type Question } from './pieceHash.ts';

/** More workers than these wait for memory, not for each other. */
const MAX_WORKERS = 4;
/** Milliseconds without work after which a worker ends. */
const IDLE = 5000;

export interface VerifierOptions {
  /** Threads that hash; 0 to hash on the calling one. Default: one fewer than there are processors, at most 4; 0 with two or fewer. */
  readonly workers?: number;
}

/**
 * Compares pieces with the hashes of `torrent`. Bytes in shared memory go to worker threads when there are processors
 * for them; others are hashed at once, during subscription. Workers start with the first piece, end when idle, and
 * keep the process alive only while they hash. Unsubscribing forgets the answer; the bytes are only ever read.
 */
export const verifier = (torrent: Pick<Torrent, 'pieceHashes'>, { workers = defaultWorkers() }: VerifierOptions = {}): Verify => {
  const inline = (question: Question): boolean => holds(torrent.pieceHashes, question);
  const pool = workers > 0 && workerFile ? new HashPool(torrent.pieceHashes, workers, workerFile, inline) : undefined;
  return ({ index, bytes, digest }) =>
    new Observable<boolean>((subscriber) => {
      const answer = (valid: boolean): void => {
        subscriber.next(valid);
        subscriber.complete();
      };
      if (digest) answer(isPromised(torrent.pieceHashes, index, digest));
      else if (pool && bytes.buffer instanceof SharedArrayBuffer) pool.ask([index, bytes], answer);
      else answer(inline([index, bytes]));
    });
};

/** What digests a piece while it comes, so that there is nothing to hash when it is whole. */
export const pieceHasher = (): Hasher => createHash('sha1');

/** Does the verifier use other threads, unless told otherwise? */
export const verifiesInThreads = (): boolean => defaultWorkers() > 0;

const defaultWorkers = (): number => {
  const processors = os.availableParallelism();
  return processors <= 2 ? 0 : Math.min(MAX_WORKERS, processors - 1);
};

/** Node runs only what is built; from the sources the built worker serves, and without it there is none. */
const workerFile = [new URL('./verifyWorker.js', import.meta.url), new URL('../../dist/src/disk/verifyWorker.js', import.meta.url)].find((url) =>
  fs.existsSync(url),
);

interface Job {
  readonly question: Question;
  readonly answer: (valid: boolean) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Asked, oldest first: answers come in order. */
  readonly jobs: Job[];
  idle: NodeJS.Timeout | undefined;
}

/** Invariant: a thread with jobs keeps the process alive; one without has a timer that ends it. */
class HashPool {
  readonly #hashes: Uint8Array;
  readonly #size: number;
  readonly #file: URL;
  readonly #inline: (question: Question) => boolean;
  readonly #threads = new Set<Thread>();
  /** Threads that can't start, or die, would die again. */
  #broken = false;

  constructor(hashes: Uint8Array, size: number, file: URL, inline: (question: Question) => boolean) {
    this.#hashes = hashes;
    this.#size = size;
    this.#file = file;
    this.#inline = inline;
  }

  ask(question: Question, answer: (valid: boolean) => void): void {
    if (this.#broken) return answer(this.#inline(question));
    const thread = this.#pick();
    clearTimeout(thread.idle);
    if (thread.jobs.length === 0) thread.worker.ref();
    thread.jobs.push({ question, answer });
    thread.worker.postMessage(question);
  }

  /** The least busy; a new one rather than a busy one. */
  #pick(): Thread {
    let best: Thread | undefined;
    for (const thread of this.#threads) if (!best || thread.jobs.length < best.jobs.length) best = thread;
    return best && (best.jobs.length === 0 || this.#threads.size >= this.#size) ? best : this.#start();
  }

  #start(): Thread {
    const thread: Thread = { worker: new Worker(this.#file, { workerData: this.#hashes }), jobs: [], idle: undefined };
    this.#threads.add(thread);
    thread.worker.on('message', (valid: boolean) => this.#answered(thread, valid));
    thread.worker.on('error', () => this.#lost(thread));
    thread.worker.on('exit', () => this.#lost(thread));
    return thread;
  }

  #answered(thread: Thread, valid: boolean): void {
    const job = thread.jobs.shift();
    if (thread.jobs.length === 0) {
      thread.worker.unref();
      thread.idle = setTimeout(() => this.#end(thread), IDLE).unref();
    }
    job?.answer(valid);
  }

  #end(thread: Thread): void {
    this.#threads.delete(thread);
    // Its exit is expected and must not count as a failure.
    thread.worker.removeAllListeners();
    void thread.worker.terminate();
  }

  #lost(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    this.#broken = true;
    clearTimeout(thread.idle);
    for (const { question, answer } of thread.jobs.splice(0)) answer(this.#inline(question));
  }
}
