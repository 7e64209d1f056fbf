/** Writes in a row that must have been quick before the disk is trusted to be. */
const PROOFS = 8;
/** Milliseconds that a write by a thread may take, beside its bytes: what the event loop was busy with counts, too. */
const GRACE = 8;
/** Bytes a millisecond: 256 MiB/s, slower than any memory. */
const DISK = (256 * 2 ** 20) / 1000;
/** Milliseconds, and bytes a millisecond, that a write done at once may take in the long run; above that a thread is cheaper. */
const OVERHEAD = 0.05;
const MEMORY = 2 ** 30 / 1000;
/** Writes over which that is smoothed. */
const RUN = 16;
/** Writes left to threads when it was too much. */
const REST = 128;
/** Bytes that are written while everything else waits, at most: to copy more takes longer than to wake a thread. */
const LARGEST = 2 ** 18;

/**
 * Whether a write is worth a thread. As long as the system takes what is written into its memory, handing it to a thread costs
 * more than writing it: two wake-ups, and writers to one file wait for each other in the kernel by spinning. Once a write is slow
 * the disk itself is felt, and everything else must not wait for that; it has to prove itself again.
 *
 * Depends on how long the last writes took, and on nothing else.
 */
export class Quickness {
  #proofs = 0;
  /** What writes done at once take, as a part of what they may. */
  #burden = 0;
  #rest = 0;

  /** May `length` bytes be written while everything else waits? */
  trusts(length: number): boolean {
    return this.#proofs >= PROOFS && this.#rest === 0 && length <= LARGEST;
  }

  /** A thread wrote `length` bytes; the answer came after `milliseconds`. */
  threaded(length: number, milliseconds: number): void {
    if (this.#rest > 0) this.#rest--;
    this.#proofs = milliseconds > GRACE + length / DISK ? 0 : Math.min(PROOFS, this.#proofs + 1);
  }

  /** `length` bytes were written at once, in `milliseconds`. */
  wrote(length: number, milliseconds: number): void {
    if (milliseconds > GRACE + length / DISK) return this.failed();
    this.#burden += (milliseconds / (OVERHEAD + length / MEMORY) - this.#burden) / RUN;
    if (this.#burden <= 1) return;
    this.#burden = 0;
    this.#rest = REST;
  }

  failed(): void {
    this.#proofs = 0;
    this.#burden = 0;
  }
}
