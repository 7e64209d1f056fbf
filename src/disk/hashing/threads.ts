import fs from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Milliseconds without work after which a worker ends. */
const IDLE = 5000;

/**
 * Where workers are, seen from here, from the command line as it is bundled, and from the sources: Node runs only what
 * is built.
 */
const PLACES = ['.', '../disk/hashing', '../../disk/hashing', '../../../dist/src/disk/hashing'];

/** The file of a worker; undefined where nothing is built. */
export const workerFile = (name: string): URL | undefined =>
  PLACES.map((place) => new URL(`${place}/${name}.js`, import.meta.url)).find((url) => fs.existsSync(url));

interface Job<Question, Answer> {
  readonly question: Question;
  readonly answer: (answer: Answer) => void;
}

interface Thread<Question, Answer> {
  readonly worker: Worker;
  /** Asked, oldest first: answers come in order. */
  readonly jobs: Job<Question, Answer>[];
  idle: NodeJS.Timeout | undefined;
}

export interface ThreadsOptions<Question, Answer> {
  /** Threads at most. */
  readonly size: number;
  /** What they run: each answers every question, in their order. */
  readonly file: URL;
  /** Answers on the calling thread, when threads can't start, or die. */
  readonly inline: (question: Question) => Answer;
}

/**
 * Threads that answer questions. They start with the first question and end when idle.
 * Invariant: a thread with jobs keeps the process alive; one without has a timer that ends it, which does nothing while
 * there are jobs.
 */
export class Threads<Question, Answer> {
  readonly #options: ThreadsOptions<Question, Answer>;
  readonly #threads = new Set<Thread<Question, Answer>>();
  /** Threads that can't start, or die, would die again. */
  #broken = false;
  /** For the calling thread, oldest first. */
  readonly #left: Job<Question, Answer>[] = [];

  constructor(options: ThreadsOptions<Question, Answer>) {
    this.#options = options;
  }

  ask(question: Question, answer: (answer: Answer) => void): void {
    if (this.#broken) return this.#alone([{ question, answer }]);
    const thread = this.#pick();
    if (thread.jobs.length === 0) thread.worker.ref();
    thread.jobs.push({ question, answer });
    thread.worker.postMessage(question);
  }

  /** The least busy; a new one rather than a busy one. */
  #pick(): Thread<Question, Answer> {
    let best: Thread<Question, Answer> | undefined;
    for (const thread of this.#threads) if (!best || thread.jobs.length < best.jobs.length) best = thread;
    return best && (best.jobs.length === 0 || this.#threads.size >= this.#options.size) ? best : this.#start();
  }

  #start(): Thread<Question, Answer> {
    const { file } = this.#options;
    // What the process was started with, as loaders of other languages, is not for them.
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
      // Thousands of times a second: one timer for all.
      if (thread.idle) thread.idle.refresh();
      else thread.idle = setTimeout(() => this.#rest(thread), IDLE).unref();
    }
    job?.answer(answer);
  }

  /** Not while it works: then its next answer begins the wait anew. */
  #rest(thread: Thread<Question, Answer>): void {
    if (thread.jobs.length > 0) return;
    this.#threads.delete(thread);
    // Its exit is expected and must not count as a failure.
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
   * One a turn: who asks for the next as soon as it is answered would else go deeper with each, and who wants to stop
   * must have a turn.
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
}

const pools = new Map<string, unknown>();

/**
 * Those that all torrents of the process share: a hundred of them need no hundred threads. Undefined where nothing is
 * built.
 */
export const sharedThreads = <Question, Answer>(
  name: string,
  options: Pick<ThreadsOptions<Question, Answer>, 'size' | 'inline'>,
): Threads<Question, Answer> | undefined => {
  const key = `${name} ${options.size}`;
  const known = pools.get(key) as Threads<Question, Answer> | undefined;
  const file = known ? undefined : workerFile(name);
  if (!file) return known;
  const pool = new Threads({ ...options, file });
  pools.set(key, pool);
  return pool;
};
