/** Lines that are kept while a question is asked; later ones are lost. */
export const MAX_HELD_LINES = 200;

/** What moves on the terminal, and can stand aside. */
export interface Mover {
  rest(): void;
  goOn(): void;
}

/**
 * Who may draw on the terminal. While a question is asked nothing else is drawn there: what moves rests, and lines
 * wait. Questions come one after the other.
 */
export class Floor {
  readonly #write: (line: string) => void;
  readonly #movers = new Set<Mover>();
  #held: string[] | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Is a question asked now? */
  get asking(): boolean {
    return this.#held !== undefined;
  }

  /** A line for people, now or after the question. */
  readonly say = (line: string): void => {
    if (this.#held === undefined) this.#write(line);
    else if (this.#held.length < MAX_HELD_LINES) this.#held.push(line);
  };

  /** From now on `mover` stands aside for questions, until what this returns is called. */
  enter(mover: Mover): () => void {
    this.#movers.add(mover);
    if (this.#held !== undefined) mover.rest();
    return () => void this.#movers.delete(mover);
  }

  /** Asks when nobody else does. */
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
