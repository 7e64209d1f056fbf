/** Writes in a row that must have been quick before the disk is trusted to be. */
const PROOFS = 8;
/** Milliseconds that a write may take, beside its bytes: what the event loop was busy with counts, too. */
const GRACE = 8;
/** Bytes a millisecond beyond that: 256 MiB/s, slower than any memory. */
const PACE = (256 * 2 ** 20) / 1000;
/** Bytes that are written while everything else waits, at most: to copy more takes longer than to wake a thread. */
const LARGEST = 2 ** 18;

/**
 * Whether a write is worth a thread. As long as the system takes what is written into its memory, handing a small write to a thread
 * costs more than doing it: two wake-ups, and writers to one file wait for each other in the kernel by spinning. Once a write is
 * slow the disk itself is felt, and everything else must not wait for that; it has to prove itself again.
 *
 * Depends on how long the last writes took, and on nothing else.
 */
export class Quickness {
  #proofs = 0;

  /** May `length` bytes be written while everything else waits? */
  trusts(length: number): boolean {
    return this.#proofs >= PROOFS && length <= LARGEST;
  }

  /** `length` bytes were written in `milliseconds`. */
  wrote(length: number, milliseconds: number): void {
    this.#proofs = milliseconds > GRACE + length / PACE ? 0 : Math.min(PROOFS, this.#proofs + 1);
  }

  failed(): void {
    this.#proofs = 0;
  }
}
