import { ChurningMap } from './churningMap.ts';

/** Pieces that wait, and are taken with their neighbours. */
export class PieceRuns<Item extends { readonly index: number }> {
  /** The longest waiting first. */
  readonly #waiting = new ChurningMap<number, Item>();

  readonly #adjoins: (index: number) => boolean;

  /** `adjoins` tells whether the next piece begins where this one ends. */
  constructor(adjoins: (index: number) => boolean = () => true) {
    this.#adjoins = adjoins;
  }

  /** False if another of its index waits: then it does not. */
  add(item: Item): boolean {
    if (this.#waiting.has(item.index)) return false;
    this.#waiting.set(item.index, item);
    return true;
  }

  /**
   * The one that has waited longest, with up to `most` in all that adjoin it, in the order in which they lie; empty if
   * none waits.
   */
  take(most: number): Item[] {
    const { value: oldest, done } = this.#waiting.keys().next();
    if (done === true) return [];
    let first = oldest;
    while (oldest - first + 1 < most && this.#waiting.has(first - 1) && this.#adjoins(first - 1)) first--;
    const run: Item[] = [];
    for (let index = first; run.length < most; index++) {
      const item = this.#waiting.get(index);
      if (item === undefined) break;
      this.#waiting.delete(index);
      run.push(item);
      if (!this.#adjoins(index)) break;
    }
    return run;
  }
}
