/** Encrypted handshakes a second that we begin, and how many at once after a pause: each takes half a millisecond. */
export const KEYS_RATE = 50;
export const KEYS_BURST = 100;

const STEP = 1_000 / KEYS_RATE;

/**
 * When the next encrypted handshake of ours may begin: computing keys must not keep all else waiting, however many
 * peers are dialled, and however often their keys are unlucky. Depends on when the last ones were to begin.
 */
export class KeyPace {
  #next = -Infinity;

  /** Takes a turn. Returns how many milliseconds it has to wait at `now`. */
  wait(now: number): number {
    this.#next = Math.max(this.#next, now - KEYS_BURST * STEP) + STEP;
    return Math.max(0, this.#next - now);
  }
}
