interface Job {
  readonly run: () => void;
  readonly every: number;
  at: number;
  /** Who came first is first at the same time. */
  turn: number;
  live: boolean;
}

const before = (a: Job, b: Job): boolean => (a.at === b.at ? a.turn < b.turn : a.at < b.at);

/**
 * Time that passes only when told to, for far more timers than a drawing has: a heap in place of a sorted list. While
 * it is installed, RxJS and everything else take it for the machine's.
 */
export class VirtualTime {
  now = 0;
  /** Timers that fired so far. */
  fired = 0;
  readonly #heap: Job[] = [];
  readonly #real = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval, now: Date.now };
  #turn = 0;

  install(): void {
    const set = (run: () => void, every = 0): Job =>
      this.#push({ run, every, at: this.now + every, turn: 0, live: true });
    const clear = (job: Job | undefined): void => {
      if (job) job.live = false;
    };
    globalThis.setInterval = set as unknown as typeof setInterval;
    globalThis.clearInterval = clear as unknown as typeof clearInterval;
    Date.now = () => this.now;
  }

  uninstall(): void {
    globalThis.setInterval = this.#real.setInterval;
    globalThis.clearInterval = this.#real.clearInterval;
    Date.now = this.#real.now;
  }

  /** Lets so many milliseconds pass, or fewer if `until` holds before. */
  pass(ms: number, until: () => boolean = () => false): void {
    const end = this.now + ms;
    while (!until()) {
      const job = this.#heap[0];
      if (!job || job.at > end) {
        this.now = end;
        return;
      }
      this.#pop();
      if (!job.live) continue;
      this.now = job.at;
      this.fired++;
      job.run();
      if (job.live) {
        job.at = this.now + Math.max(1, job.every);
        this.#push(job);
      }
    }
  }

  #push(job: Job): Job {
    const heap = this.#heap;
    job.turn = ++this.#turn;
    let at = heap.push(job) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(job, heap[parent] as Job)) break;
      heap[at] = heap[parent] as Job;
      at = parent;
    }
    heap[at] = job;
    return job;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Job;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Job, heap[child] as Job)) child++;
      if (!before(heap[child] as Job, last)) break;
      heap[at] = heap[child] as Job;
      at = child;
    }
    heap[at] = last;
  }
}
