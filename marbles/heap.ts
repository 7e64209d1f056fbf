/** A binary heap: the first item by `isBefore` is taken out first. Invariant: no item is before its parent. */
export class Heap<T> {
  readonly #all: T[] = [];
  readonly #isBefore: (one: T, other: T) => boolean;

  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#all.length;
  }

  get first(): T | undefined {
    return this.#all[0];
  }

  add(one: T): void {
    const all = this.#all;
    let at = all.length;
    for (let parent = (at - 1) >> 1; at > 0 && this.#isBefore(one, all[parent] as T); parent = (at - 1) >> 1) {
      all[at] = all[parent] as T;
      at = parent;
    }
    all[at] = one;
  }

  take(): T | undefined {
    const all = this.#all;
    const [first] = all;
    const last = all.pop();
    if (last !== undefined && all.length > 0) this.#sink(last);
    return first;
  }

  #sink(one: T): void {
    const all = this.#all;
    let at = 0;
    for (let child = 1; child < all.length; child = 2 * at + 1) {
      if (child + 1 < all.length && this.#isBefore(all[child + 1] as T, all[child] as T)) child++;
      if (this.#isBefore(one, all[child] as T)) break;
      all[at] = all[child] as T;
      at = child;
    }
    all[at] = one;
  }

  /** @throws Error if the invariant does not hold. */
  check(): void {
    this.#all.forEach((one, at) => {
      if (at > 0 && this.#isBefore(one, this.#all[(at - 1) >> 1] as T)) throw new Error(`${at} is before its parent`);
    });
  }
}
