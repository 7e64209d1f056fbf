import { type Observable, timer } from 'rxjs';

export interface BackoffOptions {
  /** Milliseconds before the first repetition. */
  readonly first: number;
  /** Milliseconds that no wait exceeds, jitter included. */
  readonly most: number;
  /** How much longer each wait is than the one before it; 2 if not given. */
  readonly factor?: number;
  /** The part of the wait that is left to chance, 0 to 1; ½ if not given: a wait of 10 s is then 5 s to 15 s. */
  readonly jitter?: number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** Fits `retry({ delay })`, which tells the error and the count, and `repeat({ delay })`, which tells the count. */
export type Backoff = (errorOrCount: unknown, count?: number) => Observable<unknown>;

/**
 * Waits longer each time, with jitter, so that clients do not retry together: the `delay` of RxJS's `retry` and
 * `repeat`.
 *
 * ```
 *   source     #
 *   retry({ delay: backoff({ first: 1, most: 4, jitter: 0, random }) })
 *   tries      ^^-^---^---^
 * ```
 *
 * The n-th wait is `first · factorⁿ⁻¹` give or take `jitter`, at most `most`. Keeps no state: the count is that of
 * RxJS, so `resetOnSuccess` starts over. Emits 0 once and completes; never errors.
 *
 * @example
 * addresses$.pipe(retry({ delay: backoff({ first: 1000, most: 60_000, random: Math.random }) }));
 */
export const backoff =
  ({ first, most, factor = 2, jitter = 0.5, random }: BackoffOptions): Backoff =>
  (errorOrCount, count = errorOrCount as number) => {
    const wait = Math.min(most, first * factor ** (count - 1));
    return timer(Math.min(most, Math.round(wait * (1 + jitter * (2 * random() - 1)))));
  };
