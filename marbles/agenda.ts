import { Calendar } from './calendar.ts';

/** A task, its time, and whether it was cancelled. */
export interface Task {
  readonly delay: number;
  readonly closed: boolean;
}

interface Entry<T> {
  readonly nth: number;
  readonly task: T;
}

/**
 * Scheduled tasks, the next first; of tasks due at the same time, the one that was added first. It replaces the array
 * of RxJS's virtual time, which is sorted for each task that is added and searched for each that is cancelled: with
 * thousands of timers that would take all the time. It supports what RxJS uses: read the first, `shift` it, `push` one,
 * and `splice` one out. A cancelled task stays in it until its turn comes.
 */
export class Agenda<T extends Task> extends Array<T> {
  readonly #all = new Calendar<Entry<T>>(before);
  #added = 0;

  override push(...tasks: T[]): number {
    for (const task of tasks) this.#all.add(task.delay, { nth: this.#added++, task });
    return this.#show();
  }

  override sort(): this {
    return this;
  }

  override shift(): T | undefined {
    const task = this.#all.take()?.task;
    while (this.#all.first?.task.closed === true) this.#all.take();
    this.#show();
    return task;
  }

  /** Only the first task has to be removed at once. */
  override indexOf(task: T): number {
    return this[0] === task ? 0 : -1;
  }

  override splice(): T[] {
    this.shift();
    return [];
  }

  #show(): number {
    const { first } = this.#all;
    if (first === undefined) this.length = 0;
    else this[0] = first.task;
    return this.#all.size;
  }
}

const before = <T>(one: Entry<T>, other: Entry<T>): boolean => one.nth < other.nth;
