/**
 * Requests that a peer is assumed to queue as long as it has not said how many: as libtorrent and others have
 * it.
 */
export const UNSAID_DEPTH = 250;
/** Requests that every peer is taken to keep. */
const LEAST = 2;
/**
 * Milliseconds for which answers may be out of order, of a peer that has not said how many requests it keeps, and of
 * one that has: doubled with each mistake.
 */
export const TOLERANCE = 250;
export const SAID_TOLERANCE = 2_000;
export const MAX_TOLERANCE = 8_000;
/**
 * After a second in which nothing was lost a peer is taken to keep this much more of what it keeps; the second is two,
 * four … each time that this was too much.
 */
const GROWTH = 1 / 16;
const MAX_CALM = 64;

/**
 * How many requests one peer queues; it drops further requests without a word. Depends on what it says
 * (`reqq`), on what of it was lost, and on what was taken to be lost by mistake. Invariants: `most` is never more than
 * what it says, nor less than two of it; TOLERANCE ≤ `tolerance` ≤ MAX_TOLERANCE.
 */
export class Depth {
  #least = TOLERANCE;
  #mistakes = 0;
  #said = UNSAID_DEPTH;
  #seen = Infinity;
  /** Seconds since something was lost, or more was tried; and how many there have to be. */
  #calm = 0;
  #calmBefore = 1;
  #tried = false;

  /** The most requests that may be in flight. */
  get most(): number {
    return Math.min(this.#said, this.#seen);
  }

  /** What the peer says, which may come later; undefined if it has said nothing. */
  says(reqq: number | undefined): void {
    this.#said = Math.max(1, reqq ?? UNSAID_DEPTH);
    this.#least = reqq === undefined ? TOLERANCE : SAID_TOLERANCE;
  }

  /** Milliseconds for which answers may be out of order before something is taken to be lost. */
  get tolerance(): number {
    return Math.min(MAX_TOLERANCE, this.#least * 2 ** this.#mistakes);
  }

  /** Of `limit` requests so many were dropped. */
  lost(count: number, limit: number): void {
    this.#seen = Math.max(LEAST, Math.min(limit, this.#seen) - count);
    if (this.#tried) this.#calmBefore = Math.min(MAX_CALM, this.#calmBefore * 2);
    this.#tried = false;
    this.#calm = 0;
  }

  /** What was taken to be lost has come all the same: the peer answers in another order than it is asked. */
  mistaken(): void {
    if (this.tolerance < MAX_TOLERANCE) this.#mistakes++;
    this.#seen = Infinity;
  }

  /** Every second in which blocks came; `full` if as many were asked for as may be. */
  grow(full: boolean): void {
    if (!full || this.#seen >= this.#said || ++this.#calm <= this.#calmBefore) return;
    this.#seen += Math.max(1, Math.floor(this.#seen * GROWTH));
    this.#tried = true;
    this.#calm = 0;
  }

  check(): void {
    if (this.most > this.#said || this.most < Math.min(LEAST, this.#said))
      throw new RangeError(`${this.most} requests of ${this.#said}`);
    if (this.tolerance < TOLERANCE || this.tolerance > MAX_TOLERANCE) throw new RangeError(`${this.tolerance} ms`);
  }
}
