/** What is to be done, and when; whether it need not be done any more. */
interface Task {
  readonly delay: number;
  readonly closed: boolean;
}

interface Entry<T> {
  readonly due: number;
  readonly nth: number;
  readonly task: T;
}

/**
 * What is to come, the next first; of what is due at one time, what was added first. It stands in for the array of
 * RxJS's virtual time, which is sorted for each task that is added and searched for each that is given up: with
 * thousands of timers nothing else would get done. It can what RxJS asks of it: show the first, `shift` it, `push` one,
 * and `splice` one out. What is given up stays in the heap until its turn comes.
 */
export class Agenda<T extends Task> extends Array<T> {
  readonly #heap: Entry<T>[] = [];
  #added = 0;

  override push(...tasks: T[]): number {
    for (const task of tasks) this.#rise({ due: task.delay, nth: this.#added++, task });
    return this.#show();
  }

  override sort(): this {
    return this;
  }

  override shift(): T | undefined {
    const task = this.#take();
    while (this.#heap[0]?.task.closed === true) this.#take();
    this.#show();
    return task;
  }

  /** Only the first has to go at once. */
  override indexOf(task: T): number {
    return this[0] === task ? 0 : -1;
  }

  override splice(): T[] {
    this.shift();
    return [];
  }

  #show(): number {
    const [first] = this.#heap;
    if (first === undefined) this.length = 0;
    else this[0] = first.task;
    return this.#heap.length;
  }

  #take(): T | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first?.task;
  }

  #rise(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = heap.length;
    for (let parent = (at - 1) >> 1; at > 0 && before(entry, heap[parent] as Entry<T>); parent = (at - 1) >> 1) {
      heap[at] = heap[parent] as Entry<T>;
      at = parent;
    }
    heap[at] = entry;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1] as Entry<T>, heap[child] as Entry<T>)) child++;
      if (before(entry, heap[child] as Entry<T>)) break;
      heap[at] = heap[child] as Entry<T>;
      at = child;
    }
    heap[at] = entry;
  }
}

const before = <T>(one: Entry<T>, other: Entry<T>): boolean =>
  one.due < other.due || (one.due === other.due && one.nth < other.nth);
