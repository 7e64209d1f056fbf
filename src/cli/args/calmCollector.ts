/** The event loop is calm below this share of the time. */
export const CALM = 0.1;
/** Bytes of new garbage, at most, that a collection is worth while nothing else happens. */
export const WORTH = 8 * 2 ** 20;

/** What is known of the process, and what can be done about its memory. */
export interface Memory {
  /** The share of the time since it was last asked in which the event loop did something. */
  readonly busy: () => number;
  /** Bytes in use, garbage included. */
  readonly used: () => number;
  readonly collect: () => void;
}

/**
 * Has garbage collected when nothing happens: left to itself the heap keeps what it was at the end of a busy time, as
 * nothing allocates that would make a collection necessary. Depends on what {@link look} has seen.
 */
export class CalmCollector {
  readonly #memory: Memory;
  /** Bytes in use after the last collection. */
  #kept = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  look(): void {
    const { busy, used, collect } = this.#memory;
    if (busy() > CALM || used() < this.#kept + WORTH) return;
    collect();
    this.#kept = used();
  }
}
