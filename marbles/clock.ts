import { asapScheduler, type SchedulerAction } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { Agenda, type Task } from './agenda.ts';
import { DrawingError } from './expectation.ts';
import type { Skew } from './network/hostTime.ts';
import { Timers } from './timers.ts';

/** A drawing that runs more tasks than this is in an endless loop; so is a swarm that does in one second. */
const MAX_ACTIONS = 2_000_000;
const SECOND = 1_000;

/** RxJS's virtual time, which also detects drawings that never end. */
export class Clock extends TestScheduler {
  #actions = 0;
  #since = 0;
  /** Of the program that runs now. */
  skew: Skew | undefined;
  readonly #isLong: boolean;
  readonly #timers = new Timers(this);
  override actions: TestScheduler['actions'] = new Agenda();

  /** `isLong` if any number of tasks may run, as long as time goes on. */
  constructor(isLong = false) {
    super(() => {
      throw new DrawingError('the stage compares for itself');
    });
    // RxJS has no other way to be given timers: `run` calls the method by this name.
    Object.assign(this, { createDelegates: () => this.#timers.delegates });
    this.#isLong = isLong;
  }

  /** The time that a program is told: the one that really passes, if its clock is right. */
  override readonly now = (): number => this.frame + (this.skew?.ahead ?? 0);

  /** Does something as a program whose clock is not right; its timers remember that. */
  readonly within = (skew: Skew | undefined, act: () => void): void => {
    const before = this.skew;
    this.skew = skew;
    try {
      act();
    } finally {
      this.skew = before;
    }
  };

  /** RxJS flushes all that is to be done at once together: each task of it, too, has the clock of its own program. */
  override run<T>(callback: (helpers: RunHelpers) => T): T {
    const schedule = asapScheduler.schedule.bind(asapScheduler);
    const { within } = this;
    const skewOf = (): Skew | undefined => this.skew;
    asapScheduler.schedule = <S>(work: (this: SchedulerAction<S>, state?: S) => void, delay?: number, state?: S) => {
      const skew = skewOf();
      const inSkew = function (this: SchedulerAction<S>, value?: S): void {
        within(skew, () => work.call(this, value));
      };
      return schedule(inSkew, delay, state);
    };
    try {
      return super.run(callback);
    } finally {
      Reflect.deleteProperty(asapScheduler, 'schedule');
    }
  }

  /** The timers that are still running. */
  get timers(): number {
    return this.#timers.size;
  }

  override schedule: TestScheduler['schedule'] = (work, delay, state) => {
    this.#count();
    return super.schedule(work, delay, state);
  };

  /** A task that is none of RxJS's: it has its turn among them. */
  waits(turn: Task): void {
    this.#count();
    this.actions.push(turn as unknown as TestScheduler['actions'][number]);
  }

  #count(): void {
    if (this.#isLong && this.frame - this.#since >= SECOND) [this.#actions, this.#since] = [0, this.frame];
    if (++this.#actions > MAX_ACTIONS)
      throw new DrawingError(
        `still going on at ${this.frame} ms: give the drawing an end, for example gives(x$, '10s !')`,
      );
  }
}
