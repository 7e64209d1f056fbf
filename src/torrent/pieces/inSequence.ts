/**
 * What comes in any order and is taken from the first place to the last, without a gap. The code that adds bounds how
 * much waits here: each place is added once, and what has been taken is let go.
 *
 * @example
 * const line = new InSequence<string>(0);
 * line.add(2, 3, 'b');
 * line.take(); // undefined: 0 is missing
 * line.add(0, 2, 'a');
 * line.take(); // 'a', and then 'b'
 */
export class InSequence<Item> {
  /** Items that wait by their first place. */
  readonly #waiting = new Map<number, { readonly end: number; readonly item: Item }>();
  #next: number;

  /** `first` is the place of what is taken first. */
  constructor(first: number) {
    this.#next = first;
  }

  /** The place of what is to be taken next. */
  get next(): number {
    return this.#next;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** `item` is from place `first` up to `end`, which is greater. */
  add(first: number, end: number, item: Item): void {
    this.#waiting.set(first, { end, item });
  }

  /** It does not come after all. */
  delete(first: number): void {
    this.#waiting.delete(first);
  }

  /** What is next, if it has come; then that is over. */
  take(): Item | undefined {
    const found = this.#waiting.get(this.#next);
    if (found === undefined) return undefined;
    this.#waiting.delete(this.#next);
    this.#next = found.end;
    return found.item;
  }
}
