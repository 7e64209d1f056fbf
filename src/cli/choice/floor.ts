/** Lines that are kept while the user is asked a question; later ones are lost. */
export const MAX_HELD_LINES = 200;

/** A view that redraws itself on the terminal, and can be paused. */
export interface Mover {
  rest(): void;
  goOn(): void;
}

/**
 * Shares the terminal between views and questions. While the user is asked a question nothing else is drawn: views
 * pause, and lines wait. Questions come one after the other.
 */
export class Floor {
  readonly #write: (line: string) => void;
  readonly #movers = new Set<Mover>();
  #held: string[] | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Is the user being asked a question now? */
  get asking(): boolean {
    return this.#held !== undefined;
  }

  /** Prints a line for the user, now or after the question. */
  readonly say = (line: string): void => {
    if (this.#held === undefined) this.#write(line);
    else if (this.#held.length < MAX_HELD_LINES) this.#held.push(line);
  };

  /** From now on `mover` is paused during questions, until the function returned is called. */
  enter(mover: Mover): () => void {
    this.#movers.add(mover);
    if (this.#held !== undefined) mover.rest();
    return () => void this.#movers.delete(mover);
  }

  /** Asks when no other question is open. */
  ask<T>(question: () => Promise<T>): Promise<T> {
    const asked = this.#last.then(async () => {
      this.#held = [];
      for (const mover of this.#movers) mover.rest();
      try {
        return await question();
      } finally {
        const lines = this.#held;
        this.#held = undefined;
        for (const line of lines) this.#write(line);
        for (const mover of this.#movers) mover.goOn();
      }
    });
    this.#last = asked.catch(() => undefined);
    return asked;
  }
}
