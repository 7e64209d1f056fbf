import type { Observable, Subscriber, Subscription } from 'rxjs';
import { keptValue } from './observed.ts';
import type { Call } from './tappedEnv.ts';
import type { Channel } from './values.ts';

export type Happening = 'next' | 'error' | 'complete';

/** Something that happens to a stream of the world: it is written down, and then it happens. */
export interface Emission {
  readonly kind: Happening;
  readonly id: number;
  put(): void;
  act(): void;
  /** It is too late for it: the subscriber has left. */
  readonly late: boolean;
}

/** Records the values of one stream of the world. */
export interface Clerk {
  /** Is what comes now heard only when this turn is over? Then what is lent has to be kept. */
  readonly busy: boolean;
  /** Writes down what happens, and lets it happen. `atOnce`: the stream is just being subscribed to. */
  heard(atOnce: boolean, emission: Emission): void;
  put(channel: Channel, call: Call | undefined, value: unknown): void;
  putError(error: unknown): void;
}

/** A value of one stream. An object of one shape, and no closures: there is one for each chunk. */
class Value<T> implements Emission {
  readonly kind = 'next';
  readonly #of: Watching<T>;
  readonly #value: T;

  constructor(of: Watching<T>, value: T) {
    this.#of = of;
    this.#value = value;
  }

  get id(): number {
    return this.#of.id;
  }

  get late(): boolean {
    return this.#of.left;
  }

  put(): void {
    this.#of.put(this.#value);
  }

  act(): void {
    this.#of.subscriber.next(this.#value);
  }
}

/** The end of one stream: a class, since each write has one, and an object with a getter of its own costs more. */
class End<T> implements Emission {
  readonly kind: 'error' | 'complete';
  readonly #of: Watching<T>;
  readonly #error: unknown;

  constructor(of: Watching<T>, kind: 'error' | 'complete', error: unknown) {
    this.#of = of;
    this.kind = kind;
    this.#error = error;
  }

  get id(): number {
    return this.#of.id;
  }

  get late(): boolean {
    return this.#of.left;
  }

  put(): void {
    this.#of.ends(this.kind, this.#error);
  }

  act(): void {
    const { subscriber } = this.#of;
    if (this.kind === 'error') subscriber.error(this.#error);
    else subscriber.complete();
  }
}

/** One stream of the world that somebody has subscribed to. */
export class Watching<T> {
  /** It has ended of its own. */
  over = false;
  readonly #clerk: Clerk;
  readonly subscriber: Subscriber<T>;
  readonly id: number;
  readonly #channel: Channel;
  readonly #call: Call | undefined;
  #atOnce = true;
  /** The subscriber has left. */
  left = false;
  #running: Subscription | undefined;

  constructor(clerk: Clerk, subscriber: Subscriber<T>, id: number, channel: Channel, call: Call | undefined) {
    this.#clerk = clerk;
    this.subscriber = subscriber;
    this.id = id;
    this.#channel = channel;
    this.#call = call;
  }

  begin(source: Observable<T>): void {
    this.#running = source.subscribe({
      next: (value) => this.#next(value),
      error: (error: unknown) => this.#end('error', error),
      complete: () => this.#end('complete', undefined),
    });
    this.#atOnce = false;
    if (this.left) this.#running.unsubscribe();
  }

  leave(): void {
    this.left = true;
    this.#running?.unsubscribe();
  }

  put(value: T): void {
    this.#clerk.put(this.#channel, this.#call, value);
  }

  ends(kind: 'error' | 'complete', error: unknown): void {
    this.over = true;
    if (kind === 'error') this.#clerk.putError(error);
  }

  #next(value: T): void {
    const kept = !this.#atOnce && this.#clerk.busy ? (keptValue(this.#channel, value) as T) : value;
    this.#clerk.heard(this.#atOnce, new Value(this, kept));
  }

  #end(kind: 'error' | 'complete', error: unknown): void {
    this.#clerk.heard(this.#atOnce, new End(this, kind, error));
  }
}
