import { interval, type Subscription } from 'rxjs';
import { now } from '../contracts/clock.ts';
import { ByteWriter } from './bytes.ts';
import { KIND } from './format.ts';
import { Turns } from './turns.ts';
import type { Emission } from './watching.ts';

/**
 * Takes what is recorded, some 32 KiB at a time and at least once a second. They are the sink's own. `begins`: they are
 * the first of a part, which can be read without those before it.
 */
export type RecordingSink = (bytes: Uint8Array, begins: boolean) => void;

/** How a recording is cut into parts. */
export interface Cutting {
  /** Bytes after which the next one begins. */
  readonly size: number;
  /** Writes the beginning of part `nth`, `time` milliseconds after that of the recording. */
  readonly begin: (nth: number, time: number) => Uint8Array;
}

/** Bytes that are kept back until they are many. */
const ENOUGH = 32_768;
/** Milliseconds after which they are handed on though they are few: a program may be killed. */
const FLUSH_EVERY = 1000;

type Act = () => void;

/** Something that begins a turn. `record` writes that down, or says that it is too late for it. */
interface Coming {
  readonly record: () => boolean;
  readonly act: Act;
  readonly after: Act | undefined;
}

/**
 * Turns as they really happen, one after the other, and their records. What the world emits while it is called from a
 * turn has a turn of its own, after that one.
 */
export class Timeline {
  readonly out = new ByteWriter();
  readonly turns = new Turns();
  readonly #sink: RecordingSink;
  readonly #parts: Cutting;
  readonly #start: number;
  #part = 0;
  #size = 0;
  readonly #coming: Coming[] = [];
  #last: number;
  #held = 0;
  #wake: Act | undefined;
  #wakeAt = Infinity;
  #flushing: Subscription | undefined;

  constructor(sink: RecordingSink, parts: Cutting) {
    this.#sink = sink;
    this.#parts = parts;
    this.#start = this.#last = now();
    this.turns.now = this.#last;
    this.turns.onEarlier = (due) => this.#arm(due);
  }

  /** Time is RxJS's no more, until `release` has been called as often. */
  hold(): void {
    this.turns.hold();
    if (this.#held++ === 0)
      this.#flushing = this.turns.outside(() => interval(FLUSH_EVERY).subscribe(() => this.flush()));
  }

  /** When this turn is over. */
  release(): void {
    this.turn(
      () => false,
      () => undefined,
      () => {
        if (--this.#held === 0) this.#stop();
        this.turns.release();
      },
    );
  }

  turn(record: () => boolean, act: Act, after?: Act): void {
    this.#coming.push({ record, act, after });
    if (!this.turns.running) this.#all();
  }

  /** A turn that begins with something in the world: what is mostly the case has no queue. */
  happens(emission: Emission): void {
    if (this.turns.running || this.#coming.length > 0)
      return this.turn(
        () => this.#written(emission),
        () => emission.act(),
      );
    const time = this.#begin();
    if (this.#written(emission)) this.turns.run(time, emission);
    this.#all();
  }

  #written(emission: Emission): boolean {
    if (emission.late) return false;
    this.stamp(KIND[emission.kind], emission.id);
    emission.put();
    return true;
  }

  #all(): void {
    for (let next = this.#coming.shift(); next !== undefined; next = this.#coming.shift()) {
      const time = this.#begin();
      if (next.record()) this.turns.run(time, next);
      next.after?.();
    }
    this.spill();
    const { due } = this.turns;
    if (due !== undefined) this.#arm(due);
  }

  /** What is due has its turn first. */
  #begin(): number {
    const time = this.#time();
    this.#tick(time);
    this.turns.now = Math.max(this.turns.now, time);
    return time;
  }

  /** A turn begins: the first of what is written down of it. */
  stamp(kind: number, id?: number): boolean {
    this.out.u8(kind);
    this.out.number(this.turns.now - this.#last);
    this.#last = this.turns.now;
    if (id !== undefined) this.out.number(id);
    return true;
  }

  spill(): void {
    if (this.out.length >= ENOUGH || this.#held === 0) this.flush();
    if (this.#size + this.out.length >= this.#parts.size) this.begin();
  }

  flush(): void {
    if (this.out.length === 0) return;
    this.#size += this.out.length;
    this.#sink(this.out.take(), false);
  }

  /** Begins a part, between two turns. */
  begin(): void {
    this.flush();
    this.#size = 0;
    this.#sink(this.#parts.begin(this.#part++, this.#last - this.#start), true);
  }

  #stop(): void {
    this.#wake?.();
    this.#wake = undefined;
    this.#wakeAt = Infinity;
    this.#flushing?.unsubscribe();
    this.#flushing = undefined;
    this.flush();
  }

  #tick(time: number): void {
    const { due } = this.turns;
    if (due === undefined || due > time) return;
    this.turns.now = Math.max(this.turns.now, time);
    this.stamp(KIND.tick);
    this.turns.fire(time);
  }

  /** Sees to it that timers fire at `due`, though nothing happens in the world. */
  #arm(due: number): void {
    // When no code runs inside any more, its remaining timers have no time.
    if (due >= this.#wakeAt || this.#held === 0) return;
    this.#wake?.();
    this.#wakeAt = due;
    this.#wake = this.turns.sleep(Math.max(0, due - this.#time()), () => {
      this.#wakeAt = Infinity;
      this.#wake = undefined;
      // Timers that are due have their turn before any other.
      this.turn(
        () => false,
        () => undefined,
      );
    });
  }

  #time(): number {
    return this.turns.outer ?? now();
  }
}
