/** Seconds over which a rate is averaged. */
const SPAN = 5;

interface Sample {
  /** ms */
  readonly at: number;
  readonly total: number;
}

/**
 * A moving average of a counter. Depends on what it is shown and when. A long time in which nothing was counted is left
 * out: who begins after an hour is as fast as it is since then. Invariant: at most one sample a step is kept.
 */
export class Rate {
  readonly #samples: Sample[] = [];

  /** The counter stands at `total` at `now` (ms); returns its growth a second over the last seconds. */
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
