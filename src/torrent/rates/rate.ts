/** Seconds over which a rate is averaged. */
const SPAN = 5;

interface Sample {
  /** ms */
  readonly at: number;
  readonly total: number;
}

/**
 * A moving average of the growth of a counter. Depends on the samples and their times. A long time without growth is
 * left out: the rate of a transfer that begins after an hour is measured from its beginning. Invariant: at most one
 * sample is kept for each step.
 */
export class Rate {
  readonly #samples: Sample[] = [];

  /** Records that the counter is `total` at `now` (ms). Returns its growth per second over the last seconds. */
  sample(total: number, now: number): number {
    const samples = this.#samples;
    samples.push({ at: now, total });
    while (samples.length > 2 && this.#isOver(now)) samples.shift();
    const first = samples[0] as Sample;
    return now > first.at ? ((total - first.total) * 1000) / (now - first.at) : 0;
  }

  /** Is the first sample no longer needed? */
  #isOver(now: number): boolean {
    const [first, second] = this.#samples as [Sample, Sample];
    return now - second.at >= SPAN * 1000 || (now - first.at > SPAN * 1000 && first.total === second.total);
  }
}
