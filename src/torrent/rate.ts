/** Seconds over which a rate is averaged. */
const SPAN = 5;

/**
 * A moving average of a counter. Depends on what it is shown and when. Invariant: at most one sample a step is kept.
 */
export class Rate {
  readonly #samples: { readonly at: number; readonly total: number }[] = [];

  /** The counter stands at `total` at `now` (ms); returns its growth a second over the last seconds. */
  sample(total: number, now: number): number {
    const samples = this.#samples;
    samples.push({ at: now, total });
    while (samples.length > 2 && now - (samples[1] as { at: number }).at >= SPAN * 1000) samples.shift();
    const first = samples[0] as { at: number; total: number };
    return now > first.at ? ((total - first.total) * 1000) / (now - first.at) : 0;
  }
}
