import fs from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Milliseconds without work after which a worker ends. */
const IDLE = 5000;

/** Where the built workers are, seen from this file, from the bundled command line, and from the sources. */
const PLACES = ['.', '../disk/hashing', '../../disk/hashing', '../../../dist/src/disk/hashing'];

/** The file of a worker; undefined if nothing has been built. */
export const workerFile = (name: string): URL | undefined =>
  PLACES.map((place) => new URL(`${place}/${name}.cjs`, import.meta.url)).find((url) => fs.existsSync(url));

interface Job<Question, Answer> {
  readonly question: Question;
  readonly answer: (answer: Answer) => void;
}

interface Thread<Question, Answer> {
  readonly worker: Worker;
  /** Pending questions, oldest first: answers come in order. */
  readonly jobs: Job<Question, Answer>[];
  idle: NodeJS.Timeout | undefined;
}

export interface ThreadsOptions<Question, Answer> {
  /** Maximum number of threads. */
  readonly size: number;
  /** The module that they run: it answers each question, in order. */
  readonly file: URL;
  /** Answers on the calling thread, if threads cannot start, or die, or if it takes part. */
  readonly inline: (question: Question) => Answer;
  /** Is the calling thread one of `size`? It answers one question a turn of its event loop. Not if absent. */
  readonly takesPart?: boolean;
}

/**
 * Threads that answer questions. They start with the first question, and end when they are idle: a thread with jobs
 * keeps the process alive. Invariant: there are no more than may be, and one without jobs has a timer that ends it.
 */
export class Threads<Question, Answer> {
  readonly #options: ThreadsOptions<Question, Answer>;
  readonly #threads = new Set<Thread<Question, Answer>>();
  /** Set when a thread could not start, or died: the next would, too. */
  #broken = false;
  /** Jobs for the calling thread, oldest first. */
  readonly #left: Job<Question, Answer>[] = [];

  constructor(options: ThreadsOptions<Question, Answer>) {
    this.#options = options;
  }

  ask(question: Question, answer: (answer: Answer) => void): void {
    if (this.#broken) return this.#alone([{ question, answer }]);
    const thread = this.#pick();
    if (thread === undefined) return this.#alone([{ question, answer }]);
    if (thread.jobs.length === 0) thread.worker.ref();
    thread.jobs.push({ question, answer });
    thread.worker.postMessage(question);
  }

  /** The least busy thread, undefined for the calling one; a new one rather than a busy one. */
  #pick(): Thread<Question, Answer> | undefined {
    let best: Thread<Question, Answer> | undefined;
    for (const thread of this.#threads) if (!best || thread.jobs.length < best.jobs.length) best = thread;
    if (best?.jobs.length === 0) return best;
    if (this.#threads.size < this.#others) return this.#start();
    return best && (!this.#options.takesPart || best.jobs.length <= this.#left.length) ? best : undefined;
  }

  /** How many threads there may be beside the calling one. */
  get #others(): number {
    return this.#options.takesPart ? this.#options.size - 1 : this.#options.size;
  }

  #start(): Thread<Question, Answer> {
    const { file } = this.#options;
    // Options of this process, such as loaders for TypeScript, are not passed on.
    const thread: Thread<Question, Answer> = { worker: new Worker(file, { execArgv: [] }), jobs: [], idle: undefined };
    this.#threads.add(thread);
    thread.worker.on('message', (answer: Answer) => this.#answered(thread, answer));
    thread.worker.on('error', () => this.#lost(thread));
    thread.worker.on('exit', () => this.#lost(thread));
    return thread;
  }

  #answered(thread: Thread<Question, Answer>, answer: Answer): void {
    const job = thread.jobs.shift();
    if (thread.jobs.length === 0) {
      thread.worker.unref();
      // This happens thousands of times a second, so there is one timer for all of it.
      if (thread.idle) thread.idle.refresh();
      else thread.idle = setTimeout(() => this.#rest(thread), IDLE).unref();
    }
    job?.answer(answer);
  }

  /** Ends an idle thread. While it works, each answer restarts the wait. */
  #rest(thread: Thread<Question, Answer>): void {
    if (thread.jobs.length > 0) return;
    this.#threads.delete(thread);
    // The exit is expected, and must not count as a failure.
    thread.worker.removeAllListeners();
    void thread.worker.terminate();
  }

  #lost(thread: Thread<Question, Answer>): void {
    if (!this.#threads.delete(thread)) return;
    this.#broken = true;
    clearTimeout(thread.idle);
    this.#alone(thread.jobs.splice(0));
  }

  /**
   * One job for each turn of the event loop: a caller that asks for the next job in the callback would otherwise deepen
   * the stack each time, and a caller that wants to stop needs a turn.
   */
  #alone(jobs: readonly Job<Question, Answer>[]): void {
    const idle = this.#left.length === 0;
    this.#left.push(...jobs);
    if (idle && jobs.length > 0) setImmediate(() => this.#next());
  }

  #next(): void {
    const job = this.#left.shift();
    if (this.#left.length > 0) setImmediate(() => this.#next());
    job?.answer(this.#options.inline(job.question));
  }

  check(): void {
    if (this.#threads.size > this.#others) throw new RangeError(`${this.#threads.size} threads`);
    for (const { jobs, idle } of this.#threads)
      if (jobs.length === 0 && idle === undefined) throw new RangeError('a thread has nothing to do, and does not end');
  }
}

const pools = new Map<string, unknown>();

/**
 * Threads that all torrents of the process share: a hundred torrents do not need a hundred threads. Undefined if
 * nothing has been built.
 */
export const sharedThreads = <Question, Answer>(
  name: string,
  options: Omit<ThreadsOptions<Question, Answer>, 'file'>,
): Threads<Question, Answer> | undefined => {
  const key = `${name} ${options.size} ${options.takesPart ?? false}`;
  const known = pools.get(key) as Threads<Question, Answer> | undefined;
  const file = known ? undefined : workerFile(name);
  if (!file) return known;
  const pool = new Threads({ ...options, file });
  pools.set(key, pool);
  return pool;
};
