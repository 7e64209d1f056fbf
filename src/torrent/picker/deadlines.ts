import type { Due } from './pieceOrder.ts';

/** Pieces that somebody reads, in their order; both are included. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
}

/**
 * Where readers have begun to read, and so when each piece is due: as soon as a reader comes to it, all of them reading
 * alike. Depends on where each reader is. What was read before a reader began is not waited for, so a reader that jumps
 * takes its deadlines along.
 */
export class Deadlines implements Due {
  readonly #readers = new Set<Stretch>();
  #changes = 0;

  /** Somebody reads these pieces until the function is called that this returns. */
  reads(stretch: Stretch): () => void {
    this.#readers.add(stretch);
    this.#changes++;
    return () => {
      if (this.#readers.delete(stretch)) this.#changes++;
    };
  }

  /** How many pieces a reader takes before this one. */
  due(index: number): number | undefined {
    let due: number | undefined;
    for (const { first, last } of this.#readers)
      if (first <= index && index <= last) due = Math.min(due ?? Infinity, index - first);
    return due;
  }

  revision(): number {
    return this.#changes;
  }
}
