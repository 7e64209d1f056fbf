/** Seconds over which a rate is averaged. */
const SPAN = 5;

interface Sample {
  /** ms */
  readonly at: number;
  readonly total: number;
}

/**
 * A moving average of the growth of a counter. Depends on the samples and their times. A long time without growth is
 * left out: the rate of a transfer that begins after an hour is measured from its beginning. Invariant: the
 * samples are in the order of their times, and one at most is older than that.
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

  check(): void {
    const times = this.#samples.map(({ at }) => at);
    if (times.some((at, n) => at < (times[n - 1] ?? -Infinity))) throw new RangeError(`out of order: ${times.join()}`);
    if (times.length > 2 && (times.at(-1) ?? 0) - (times[1] ?? 0) >= SPAN * 1000)
      throw new RangeError(`${times.length} samples of ${(times.at(-1) ?? 0) - (times[0] ?? 0)} ms`);
  }
}
