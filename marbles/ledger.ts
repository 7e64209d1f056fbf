/** What a drawing has opened and not closed yet. */
export class Ledger {
  readonly #open = new Map<symbol, string>();

  /**
   * Records that something was opened. The function returned records that it was closed, however often it is called.
   */
  open(what: string): () => void {
    const key = Symbol(what);
    this.#open.set(key, what);
    return () => void this.#open.delete(key);
  }

  get left(): readonly string[] {
    return [...this.#open.values()];
  }
}
