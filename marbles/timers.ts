import type { VirtualTimeScheduler } from 'rxjs';
import { Calendar } from './calendar.ts';
import type { Skew } from './network/hostTime.ts';

/** The callback that RxJS passes. */
interface Timer {
  readonly handle: number;
  readonly handler: () => void;
  /** Of the program that has set it. */
  readonly skew: Skew | undefined;
  readonly duration: number;
  due: number;
  isOver: boolean;
  turn: Turn;
}

/** A time at which some timer is due: what the scheduler runs, without the weight of an action of RxJS. */
class Turn {
  closed = false;
  readonly state = undefined;
  readonly delay: number;
  readonly #run: () => void;

  constructor(delay: number, run: () => void) {
    this.delay = delay;
    this.#run = run;
  }

  execute(): undefined {
    if (!this.closed) this.#run();
  }

  unsubscribe(): void {
    this.closed = true;
  }
}

type Handle = number;
type Start = (handler: () => void, duration?: number) => Handle;
type Stop = (handle: Handle | undefined) => void;

/** Takes what has a turn at its time, and knows whose clock is not right. */
interface Waiting {
  readonly skew: Skew | undefined;
  within(skew: Skew | undefined, act: () => void): void;
  waits(turn: Turn): void;
}

/** The timers that replace the system's while a drawing runs. */
export interface TimerDelegates {
  readonly immediate: { setImmediate: Start; clearImmediate: Stop };
  readonly interval: { setInterval: Start; clearInterval: Stop };
  readonly timeout: { setTimeout: Start; clearTimeout: Stop };
}

const older = (one: Timer, other: Timer): boolean => one.handle < other.handle;

/**
 * The timers of RxJS in virtual time, with the rules of its own `TestScheduler`: each has a turn when it is due, and in
 * a turn the immediates run first, then the intervals, then the timeouts, each in the order in which they were made.
 * RxJS's own looks through all timers at each turn; here a turn costs next to nothing, so that a hundred
 * clients can share a drawing. Depends on the scheduler's time.
 */
export class Timers {
  readonly #scheduler: Pick<VirtualTimeScheduler, 'frame'> & Waiting;
  readonly #all = new Map<Handle, Timer>();
  readonly #immediates = new Calendar(older);
  readonly #intervals = new Calendar(older);
  readonly #timeouts = new Calendar(older);
  #handle = 0;

  constructor(scheduler: Pick<VirtualTimeScheduler, 'frame'> & Waiting) {
    this.#scheduler = scheduler;
  }

  /** Timers that are set and not over. */
  get size(): number {
    return this.#all.size;
  }

  readonly delegates: TimerDelegates = {
    immediate: {
      setImmediate: (handler) => this.#start(this.#immediates, handler, 0),
      clearImmediate: (handle) => this.#stop(handle),
    },
    interval: {
      setInterval: (handler, duration = 0) => this.#start(this.#intervals, handler, duration),
      clearInterval: (handle) => this.#stop(handle),
    },
    timeout: {
      setTimeout: (handler, duration = 0) => this.#start(this.#timeouts, handler, duration),
      clearTimeout: (handle) => this.#stop(handle),
    },
  };

  #start(kind: Calendar<Timer>, handler: () => void, duration: number): Handle {
    const handle = ++this.#handle;
    const due = this.#scheduler.frame + duration;
    const { skew } = this.#scheduler;
    if (skew !== undefined) skew.timers++;
    const timer: Timer = { handle, handler, skew, duration, due, isOver: false, turn: this.#turn(due) };
    this.#all.set(handle, timer);
    kind.add(due, timer);
    return handle;
  }

  #turn(due: number): Turn {
    const turn = new Turn(due, this.#runs);
    this.#scheduler.waits(turn);
    return turn;
  }

  readonly #runs = (): void => this.#run();

  #stop(handle: Handle | undefined): void {
    const timer = handle === undefined ? undefined : this.#all.get(handle);
    if (timer === undefined) return;
    this.#end(timer);
    timer.turn.unsubscribe();
  }

  #end(timer: Timer): void {
    timer.isOver = true;
    if (timer.skew !== undefined) timer.skew.timers--;
    this.#all.delete(timer.handle);
  }

  /**
   * One turn. An immediate may run in the turn of an interval, and clear that interval: then the immediate's own turn
   * finds nothing to do.
   */
  #run(): void {
    const once = this.#due(this.#immediates);
    if (once !== undefined) return this.#fire(once);
    const repeated = this.#due(this.#intervals);
    if (repeated !== undefined) return this.#repeat(repeated);
    const late = this.#due(this.#timeouts);
    if (late !== undefined) this.#fire(late);
  }

  #due(kind: Calendar<Timer>): Timer | undefined {
    while (kind.first?.isOver === true) kind.take();
    const { first } = kind;
    return first !== undefined && first.due <= this.#scheduler.frame ? kind.take() : undefined;
  }

  #fire(timer: Timer): void {
    this.#end(timer);
    this.#scheduler.within(timer.skew, timer.handler);
  }

  #repeat(timer: Timer): void {
    timer.due += timer.duration;
    this.#intervals.add(timer.due, timer);
    timer.turn = this.#turn(timer.due);
    this.#scheduler.within(timer.skew, timer.handler);
  }
}
