/** When the user's time for a command is over, which began when this was made. */
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
