/** The end of the user's time limit for a command, counted from the construction of this object. */
export class Deadline {
  readonly seconds: number;
  readonly #at: number;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#at = performance.now() + seconds * 1000;
  }

  get isOver(): boolean {
    return performance.now() >= this.#at;
  }

  /** Milliseconds that are left; at least one. */
  get left(): number {
    return Math.max(1, Math.ceil(this.#at - performance.now()));
  }
}
