import type { Observer } from 'rxjs';

/** How many peers are wanted: as many as the swarm is short of, and one more when the user asks for peers. */
export class Demand implements Pick<Observer<number>, 'next'> {
  readonly #wanted: Pick<Observer<number>, 'next'>;
  #short = 0;
  #asked = false;

  constructor(wanted: Pick<Observer<number>, 'next'>) {
    this.#wanted = wanted;
  }

  /** The swarm is short of this many peers. */
  next(short: number): void {
    this.#short = short;
    this.#tell();
  }

  /** The user wants the sources to be asked, as soon as they allow it. */
  ask(): void {
    this.#asked = true;
    this.#tell();
  }

  /** A source has named a peer. */
  answered(): void {
    if (!this.#asked) return;
    this.#asked = false;
    this.#tell();
  }

  #tell(): void {
    this.#wanted.next(this.#asked ? Math.max(1, this.#short) : this.#short);
  }
}
