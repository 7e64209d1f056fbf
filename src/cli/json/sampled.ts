import type { Told } from '../../contracts/json/told.ts';

/** Milliseconds between two samples of one kind. */
export const SAMPLE_EVERY = 1000;

/** Limits repeated objects to one a second, and to changes. Depends on the times it is given. */
export class Sampled {
  #shown = '';
  #at = Number.NEGATIVE_INFINITY;
  #latest: Told | undefined;

  /** The sample, if it is to be written at `now`. */
  due(sample: Told, now: number): Told | undefined {
    this.#latest = sample;
    return now - this.#at < SAMPLE_EVERY ? undefined : this.rest(now);
  }

  /** The latest sample, if it has not been written. */
  rest(now: number): Told | undefined {
    const latest = this.#latest;
    this.#latest = undefined;
    const text = JSON.stringify(latest);
    if (latest === undefined || text === this.#shown) return undefined;
    this.#shown = text;
    this.#at = now;
    return latest;
  }
}
