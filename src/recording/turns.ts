import { replaceTime, SetAside, type Time } from './providers.ts';

class Timer {
  readonly work: () => void;
  readonly delay: number;
  due: number;
  nth: number;
  /** Cleared: it stays in the heap until its turn comes. */
  closed = false;

  constructor(work: () => void, delay: number, due: number, nth: number) {
    this.work = work;
    this.delay = delay;
    this.due = due;
    this.nth = nth;
  }
}

const before = (one: Timer, other: Timer): boolean =>
  one.due < other.due || (one.due === other.due && one.nth < other.nth);

/** Timers, the one that is due first in front. Invariant: none is due before its parent, `(n - 1) >> 1`. */
class Timers {
  readonly #heap: Timer[] = [];

  first(): Timer | undefined {
    while (this.#heap[0]?.closed === true) this.#take();
    return this.#heap[0];
  }

  add(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    for (let up = (at - 1) >> 1; at > 0 && before(timer, heap[up] as Timer); up = (at - 1) >> 1) {
      heap[at] = heap[up] as Timer;
      at = up;
    }
    heap[at] = timer;
  }

  /** Takes away the first one. */
  shift(): void {
    this.#take();
  }

  check(): void {
    this.#heap.forEach((timer, at) => {
      const parent = this.#heap[(at - 1) >> 1];
      if (at > 0 && parent !== undefined && before(timer, parent)) throw new Error(`timer ${at} is out of order`);
    });
  }

  #take(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (before(last, heap[child] as Timer)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

/**
 * Time for the code that is recorded or replayed. It stands still during a *turn*, in which one thing happens to that
 * code, or some of its timers fire; the next turn has its own time. So the same turns have the same effects, however
 * busy the machine was.
 *
 * Code that runs inside a turn has its timers here. Code that runs outside of turns, and the world when it is called
 * from a turn, has the time that was there before.
 *
 * Invariants: a turn never begins within another; immediates are done before it ends.
 */
export class Turns {
  /** Milliseconds, as inside of turns. Never goes back. */
  now = 0;
  readonly #timers = new Timers();
  readonly #immediates: Timer[] = [];
  /** The work of the side that is not at it. */
  readonly #aside = new SetAside();
  #before: Time | undefined;
  #inside = false;
  #running = false;
  #added = 0;
  #remove: (() => void) | undefined;
  #users = 0;
  /** Called when a timer was added that is due before all others. */
  onEarlier: ((due: number) => void) | undefined;

  /** Does a turn last, and is it not the world that has been called from there? */
  get inside(): boolean {
    return this.#inside;
  }

  get running(): boolean {
    return this.#running;
  }

  /** When the next timer is due; undefined if there is none. */
  get due(): number | undefined {
    return this.#timers.first()?.due;
  }

  /** The time outside of turns. Only while time is held. */
  get outer(): number | undefined {
    return this.#before?.now();
  }

  /** Takes RxJS's time over until `release` has been called as often. */
  hold(): void {
    if (this.#users++ === 0) this.#remove = replaceTime((then) => this.#time(then));
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#remove?.();
    this.#remove = this.#before = undefined;
  }

  /** One turn at `now`: what is done in it has its timers and immediates here. */
  run(now: number, what: { act(): void } | (() => void)): void {
    if (this.#running) throw new Error('a turn within a turn');
    this.now = Math.max(this.now, now);
    this.#running = true;
    try {
      this.#enter(true);
      try {
        if (typeof what === 'function') what();
        else what.act();
      } finally {
        this.#enter(false);
      }
      this.#settle();
    } finally {
      this.#running = false;
    }
  }

  #enter(inside: boolean): void {
    if (this.#inside === inside) return;
    this.#inside = inside;
    this.#aside.swap();
  }

  /** Fires what is due by `now`, each timer once, in order. */
  fire(now: number): void {
    const until = this.#added;
    this.run(now, () => {
      for (let timer = this.#due(); timer !== undefined && timer.nth < until; timer = this.#due()) {
        this.#timers.shift();
        // RxJS's timers are intervals: code that wants only one clears it.
        timer.due = this.now + timer.delay;
        timer.nth = this.#added++;
        timer.work();
        if (!timer.closed) this.#timers.add(timer);
        this.#settle();
      }
    });
  }

  /** Calls the world: what it does is no part of the turn. */
  outside<T>(act: () => T): T {
    return this.#as(false, act);
  }

  /** The world answers while it is called. */
  within<T>(act: () => T): T {
    return this.#as(true, act);
  }

  check(): void {
    this.#timers.check();
    if (!this.#running && this.#immediates.length > 0) throw new Error('an immediate was left behind');
  }

  #as<T>(inside: boolean, act: () => T): T {
    const was = this.#inside;
    if (was === inside) return act();
    this.#inside = inside;
    this.#aside.swap();
    try {
      return act();
    } finally {
      this.#inside = was;
      this.#aside.swap();
    }
  }

  #due(): Timer | undefined {
    const timer = this.#timers.first();
    return timer !== undefined && timer.due <= this.now ? timer : undefined;
  }

  #settle(): void {
    for (let next = this.#immediates.shift(); next !== undefined; next = this.#immediates.shift())
      if (!next.closed) this.within(next.work);
  }

  /**
   * Calls `work` after so many milliseconds of the time that was there before, once; returns what calls that off.
   * It is no work of RxJS's schedulers, so that it can begin a turn. Only while time is held.
   */
  sleep(delay: number, work: () => void): () => void {
    const { every, never } = this.#before as Time;
    const handle = every(delay, () => {
      never(handle);
      work();
    });
    return () => never(handle);
  }

  #time(then: Time): Time {
    this.#before = then;
    return {
      now: () => (this.#inside ? this.now : then.now()),
      every: (delay, work) => (this.#inside ? this.#add(work, Math.max(0, delay)) : then.every(delay, work)),
      never: (handle) => (handle instanceof Timer ? void (handle.closed = true) : then.never(handle)),
      soon: (work) => {
        if (!this.#inside) return then.soon(work);
        const timer = new Timer(work, 0, this.now, this.#added++);
        this.#immediates.push(timer);
        return timer;
      },
      neverSoon: (handle) => (handle instanceof Timer ? void (handle.closed = true) : then.neverSoon(handle)),
    };
  }

  #add(work: () => void, delay: number): Timer {
    const first = this.due;
    const timer = new Timer(work, delay, this.now + delay, this.#added++);
    this.#timers.add(timer);
    if (first === undefined || timer.due < first) this.onEarlier?.(timer.due);
    return timer;
  }
}
