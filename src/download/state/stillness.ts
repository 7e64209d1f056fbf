import type { Progress } from '../../contracts/events.ts';

/**
 * Milliseconds for which samples are still emitted after a complete torrent's last change, so that a subscriber that
 * takes only one sample a second gets the last one.
 */
export const LINGER = 1_500;

/** In these phases every change wakes the torrent; in the others the user is told for how long nothing has moved. */
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
 * Does anything change? A complete torrent without uploads, or one that waits for its turn to be checked, has no news.
 * In every other state each sample is emitted, since the passing time itself is news to the waiting user. Depends on
 * being shown each sample.
 */
export class Stillness {
  #last: Progress | undefined;
  #changedAt = 0;
  /** True if nothing has changed for a while, in the samples shown. */
  still = false;

  /** Is this sample, taken at `now` (ms), to be emitted? */
  tells(sample: Progress, now: number): boolean {
    if (!RESTING.includes(sample.phase) || this.#last === undefined || !same(this.#last, sample)) {
      this.#last = sample;
      this.#changedAt = now;
    }
    this.still = now - this.#changedAt >= LINGER;
    return !this.still;
  }
}
