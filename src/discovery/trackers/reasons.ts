/** Maximum number of reasons that are reported while something fails: a tracker may give a new one each time. */
export const MAX_REASONS = 8;

/**
 * The reasons that the user has been told. Reasons that differ only in numbers are the same: `wait 35 s` and `wait 30
 * s`. Invariant: at most {@link MAX_REASONS} are remembered, without their numbers.
 */
export class Reasons {
  readonly #told = new Set<string>();

  /** Is a reason new? Each is new only once. */
  isNew(reason: string): boolean {
    const kind = reason.replace(/\d+/g, '0');
    if (this.#told.has(kind) || this.#told.size >= MAX_REASONS) return false;
    this.#told.add(kind);
    return true;
  }

  /** It works again: the next failure is news. */
  clear(): void {
    this.#told.clear();
  }

  check(): void {
    if (this.#told.size > MAX_REASONS) throw new RangeError(`${this.#told.size} reasons are remembered`);
    for (const kind of this.#told) if (/[1-9]/.test(kind)) throw new RangeError(`a number is left in “${kind}”`);
  }
}
