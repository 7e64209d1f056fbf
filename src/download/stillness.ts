import type { Progress } from '../contracts/events.ts';

/**
 * Milliseconds for which a sample is told again after the last change of what is complete: so that a listener who takes
 * but one sample a second has had the last one.
 */
export const LINGER = 1_500;

/** Of these every change stirs somebody; who downloads is told how long nothing has moved. */
const RESTING: readonly Progress['phase'][] = ['checking', 'seeding', 'done'];

type Figures = Readonly<Record<string, unknown>>;

const equal = (one: Figures, other: Figures): boolean => {
  for (const key in one) if (one[key] !== other[key]) return false;
  for (const key in other) if (!(key in one)) return false;
  return true;
};

const same = ({ peers, ...one }: Progress, { peers: others, ...other }: Progress): boolean =>
  equal(one, other) && equal(peers, others);

/**
 * Does anything change? What is complete, and of which nobody takes anything, or what waits for its turn to be checked,
 * has nothing to tell; of all else every sample is told, since the time itself is news to the user who waits. Depends
 * on being shown each sample.
 */
export class Stillness {
  #last: Progress | undefined;
  #changedAt = 0;
  /** Nothing has changed for a while, as far as has been shown. */
  still = false;

  /** Is this sample, of the time `now` (ms), to be told? */
  tells(sample: Progress, now: number): boolean {
    if (!RESTING.includes(sample.phase) || this.#last === undefined || !same(this.#last, sample)) {
      this.#last = sample;
      this.#changedAt = now;
    }
    this.still = now - this.#changedAt >= LINGER;
    return !this.still;
  }
}
