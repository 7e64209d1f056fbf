import type { Subscription, VirtualTimeScheduler } from 'rxjs';
import { Heap } from './heap.ts';

/** The callback that RxJS passes. */
interface Timer {
  readonly handle: number;
  readonly handler: () => void;
  readonly duration: number;
  due: number;
  isOver: boolean;
  turn: Subscription;
}

type Handle = number;
type Start = (handler: () => void, duration?: number) => Handle;
type Stop = (handle: Handle | undefined) => void;

/** The timers that replace the system's while a drawing runs. */
export interface TimerDelegates {
  readonly immediate: { setImmediate: Start; clearImmediate: Stop };
  readonly interval: { setInterval: Start; clearInterval: Stop };
  readonly timeout: { setTimeout: Start; clearTimeout: Stop };
}

const sooner = (one: Timer, other: Timer): boolean =>
  one.due < other.due || (one.due === other.due && one.handle < other.handle);

/**
 * The timers of RxJS in virtual time, with the rules of its own `TestScheduler`: each has a turn when it is due, and in
 * a turn the immediates run first, then the intervals, then the timeouts, each in the order in which they were made.
 * RxJS's own looks through all timers at each turn; here a turn costs the logarithm of their number, so that a hundred
 * clients can share a drawing. Depends on the scheduler's time.
 */
export class Timers {
  readonly #scheduler: Pick<VirtualTimeScheduler, 'now' | 'schedule'>;
  readonly #all = new Map<Handle, Timer>();
  readonly #immediates = new Heap(sooner);
  readonly #intervals = new Heap(sooner);
  readonly #timeouts = new Heap(sooner);
  #handle = 0;

  constructor(scheduler: Pick<VirtualTimeScheduler, 'now' | 'schedule'>) {
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

  #start(kind: Heap<Timer>, handler: () => void, duration: number): Handle {
    const handle = ++this.#handle;
    const due = this.#scheduler.now() + duration;
    const timer: Timer = { handle, handler, duration, due, isOver: false, turn: this.#turn(duration) };
    this.#all.set(handle, timer);
    kind.add(timer);
    return handle;
  }

  #turn(wait: number): Subscription {
    return this.#scheduler.schedule(() => this.#run(), wait);
  }

  #stop(handle: Handle | undefined): void {
    const timer = handle === undefined ? undefined : this.#all.get(handle);
    if (timer === undefined) return;
    this.#end(timer);
    timer.turn.unsubscribe();
  }

  #end(timer: Timer): void {
    timer.isOver = true;
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

  #due(kind: Heap<Timer>): Timer | undefined {
    while (kind.first?.isOver === true) kind.take();
    const { first } = kind;
    return first !== undefined && first.due <= this.#scheduler.now() ? kind.take() : undefined;
  }

  #fire(timer: Timer): void {
    this.#end(timer);
    timer.handler();
  }

  #repeat(timer: Timer): void {
    timer.due += timer.duration;
    this.#intervals.add(timer);
    timer.turn = this.#turn(timer.duration);
    timer.handler();
  }
}
