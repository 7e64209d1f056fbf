/* eslint-disable rxjs-x/no-internal -- what TestScheduler replaces, too, has no other door */
import { asapScheduler, asyncScheduler, queueScheduler, type TimestampProvider } from 'rxjs';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { immediateProvider } from 'rxjs/internal/scheduler/immediateProvider';
import { intervalProvider } from 'rxjs/internal/scheduler/intervalProvider';
import type { TimerHandle } from 'rxjs/internal/scheduler/timerHandle';

/** What all of RxJS's time comes from, in milliseconds. What `every` and `soon` return is for `never`. */
export interface Time {
  readonly now: () => number;
  readonly every: (delay: number, work: () => void) => unknown;
  readonly soon: (work: () => void) => unknown;
  readonly never: (handle: unknown) => void;
  readonly neverSoon: (handle: unknown) => void;
}

interface Delegates {
  readonly date: TimestampProvider | undefined;
  readonly interval: typeof intervalProvider.delegate;
  readonly immediate: typeof immediateProvider.delegate;
}

const delegates = (): Delegates => ({
  date: dateTimestampProvider.delegate,
  interval: intervalProvider.delegate,
  immediate: immediateProvider.delegate,
});

const install = ({ date, interval, immediate }: Delegates): void => {
  dateTimestampProvider.delegate = date;
  intervalProvider.delegate = interval;
  immediateProvider.delegate = immediate;
};

/** Time as it was: the machine's, or that of a drawing. */
class Before implements Time {
  readonly #before: Delegates;

  constructor(before: Delegates) {
    this.#before = before;
  }

  readonly now = (): number => {
    // For each chunk: nothing else is asked for the time.
    const after = dateTimestampProvider.delegate;
    dateTimestampProvider.delegate = this.#before.date;
    const time = dateTimestampProvider.now();
    dateTimestampProvider.delegate = after;
    return time;
  };
  readonly every = (delay: number, work: () => void): unknown =>
    this.#with(() => intervalProvider.setInterval(work, delay));
  readonly never = (handle: unknown): void => this.#with(() => intervalProvider.clearInterval(handle as TimerHandle));
  readonly soon = (work: () => void): unknown => this.#with(() => immediateProvider.setImmediate(work));
  readonly neverSoon = (handle: unknown): void =>
    this.#with(() => immediateProvider.clearImmediate(handle as TimerHandle));

  #with<T>(ask: () => T): T {
    const after = delegates();
    install(this.#before);
    try {
      return ask();
    } finally {
      install(after);
    }
  }
}

/**
 * Puts `made` in the place where RxJS takes its time from, as `TestScheduler.run` does; whatever was there before is
 * handed to it. Returns what takes it away again. Those that were put there later must be gone by then.
 */
export const replaceTime = (made: (before: Time) => Time): (() => void) => {
  const before = delegates();
  const { now, every, soon, never, neverSoon } = made(new Before(before));
  install({
    date: { now },
    interval: { setInterval: (work, delay = 0) => every(delay, work) as TimerHandle, clearInterval: never },
    immediate: { setImmediate: (work) => soon(work) as TimerHandle, clearImmediate: neverSoon },
  });
  return () => install(before);
};

/** What RxJS's schedulers have before them, and whether they are at it. */
interface Work {
  actions: unknown[];
  _active: boolean;
  _scheduled: unknown;
}

const SCHEDULERS = [asyncScheduler, asapScheduler, queueScheduler] as unknown as readonly Work[];

const [ASYNC, ASAP, QUEUE] = SCHEDULERS as readonly [Work, Work, Work];

/** Have the schedulers nothing before them? Each has a line of its own, since V8 reads one kind of object fast. */
const idle = (): boolean =>
  ASYNC.actions.length === 0 &&
  !ASYNC._active &&
  ASAP.actions.length === 0 &&
  !ASAP._active &&
  ASAP._scheduled === undefined &&
  QUEUE.actions.length === 0 &&
  !QUEUE._active;

/**
 * The work of RxJS's schedulers, set aside. They do one thing after the other: what the code that is recorded has to do
 * at once would else wait for a timer of the world that is just firing, and be done outside of its turn.
 */
export class SetAside {
  /** Nothing is set aside. */
  #idle = true;
  readonly #work: readonly Work[] = SCHEDULERS.map(() => ({ actions: [], _active: false, _scheduled: undefined }));

  /** Exchanges it for what the schedulers have before them now. */
  swap(): void {
    // Mostly neither side has anything to do, and this is for each chunk.
    const now = idle();
    if (now && this.#idle) return;
    this.#idle = now;
    for (let n = 0; n < SCHEDULERS.length; n++) {
      const [one, other] = [SCHEDULERS[n] as Work, this.#work[n] as Work];
      const { actions, _active, _scheduled } = one;
      one.actions = other.actions;
      one._active = other._active;
      one._scheduled = other._scheduled;
      other.actions = actions;
      other._active = _active;
      other._scheduled = _scheduled;
    }
  }
}
