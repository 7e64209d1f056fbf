import type { Observable, Subscriber, Subscription } from 'rxjs';
import { keptValue } from './observed.ts';
import type { Call } from './tappedEnv.ts';
import type { Channel } from './values.ts';

export type Happening = 'next' | 'error' | 'complete';

/** Records the values of one stream of the world. */
export interface Clerk {
  /** Is what comes now heard only when this turn is over? Then what is lent has to be kept. */
  readonly busy: boolean;
  /**
   * Writes down what happens to the stream `id`, and lets it happen by `act`. `atOnce`: it is just being subscribed to.
   * When `late` says so it is too late for it, and nothing happens.
   */
  heard(atOnce: boolean, kind: Happening, id: number, put: () => void, act: () => void, late: () => boolean): void;
  put(channel: Channel, call: Call | undefined, value: unknown): void;
  putError(error: unknown): void;
}

/** One stream of the world that somebody has subscribed to. */
export class Watching<T> {
  /** It has ended of its own. */
  over = false;
  readonly #clerk: Clerk;
  readonly #subscriber: Subscriber<T>;
  readonly #id: number;
  readonly #channel: Channel;
  readonly #call: Call | undefined;
  #atOnce = true;
  #left = false;
  #running: Subscription | undefined;

  constructor(clerk: Clerk, subscriber: Subscriber<T>, id: number, channel: Channel, call: Call | undefined) {
    this.#clerk = clerk;
    this.#subscriber = subscriber;
    this.#id = id;
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
    if (this.#left) this.#running.unsubscribe();
  }

  leave(): void {
    this.#left = true;
    this.#running?.unsubscribe();
  }

  readonly #late = (): boolean => this.#left;

  #next(value: T): void {
    const kept = !this.#atOnce && this.#clerk.busy ? keptValue(this.#channel, value) : value;
    this.#clerk.heard(
      this.#atOnce,
      'next',
      this.#id,
      () => this.#clerk.put(this.#channel, this.#call, kept),
      () => this.#subscriber.next(kept as T),
      this.#late,
    );
  }

  #end(kind: 'error' | 'complete', error: unknown): void {
    const put = (): void => {
      this.over = true;
      if (kind === 'error') this.#clerk.putError(error);
    };
    const act = (): void => (kind === 'error' ? this.#subscriber.error(error) : this.#subscriber.complete());
    this.#clerk.heard(this.#atOnce, kind, this.#id, put, act, this.#late);
  }
}
