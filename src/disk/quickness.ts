/** Writes in a row that must have been quick before the disk is trusted to be. */
const PROOFS = 8;
/** Milliseconds that any write may take: what the event loop was busy with counts, too. */
const GRACE = 8;
/** Bytes a millisecond beyond that: 256 MiB/s. */
const PACE = (256 * 2 ** 20) / 1000;
/** Bytes that are written while everything else waits, at most. */
const LARGEST = 4 * 2 ** 20;

/**
 * Whether a write is worth a thread of its own. As long as the system takes what is written into its memory, handing it to another
 * thread costs more than writing it: two wake-ups, and writers to one file wait for each other in the kernel by spinning. Once
 * a write is slow the disk itself is felt, and everything else must not wait for that; it has to prove itself again.
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
