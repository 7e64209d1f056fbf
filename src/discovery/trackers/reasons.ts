/**
 * Reasons that are told of one thing as long as it does not work; a tracker that has a new one each time is told of no
 * more.
 */
export const MAX_REASONS = 8;

/**
 * Which reasons the user has been told. A reason is the same whatever numbers are in it: `wait 35 s` and `wait 30 s`.
 * Invariant: at most {@link MAX_REASONS}.
 */
export class Reasons {
  readonly #told = new Set<string>();

  /** Is it to be told? Not a second time. */
  isNew(reason: string): boolean {
    const kind = reason.replace(/\d+/g, '0');
    if (this.#told.has(kind) || this.#told.size >= MAX_REASONS) return false;
    this.#told.add(kind);
    return true;
  }

  /** It works: the next failure is news again. */
  clear(): void {
    this.#told.clear();
  }
}
