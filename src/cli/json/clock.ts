/** The machine's clocks, in milliseconds, as `--json` reads them; tests have others. */
export interface Clock {
  /** Since 1970. */
  readonly wall: () => number;
  /** Since any moment; never goes back. */
  readonly steady: () => number;
}

export const machineClock: Clock = { wall: () => Date.now(), steady: () => performance.now() };
