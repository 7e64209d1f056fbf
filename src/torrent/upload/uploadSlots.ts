/** Peers served at one time: to begin with, and bounds. Few soon have a whole piece to pass on; a seed serves more. */
const FIRST = 4;
const FIRST_OF_SEED = 8;
const LEAST = 4;
export const MAX_SLOTS = 50;
/** Bytes a second below which slots are too many: what each peer gets is of no use to it. */
const TOO_THIN = 4096;
/** Share of what a slot carries that one more must bring. */
const WORTH = 0.5;
/** Rounds after which one more is tried again though the last brought nothing: the line may be another by now. */
const RETRY = 6;

/**
 * How many peers are served at one time. Depends on what all of them get together and on how many want something. One
 * more is tried while all slots are taken and the last one brought something; one is given up when each carries too
 * little. Invariant: LEAST ≤ count ≤ MAX_SLOTS.
 */
export class UploadSlots {
  #count = FIRST;
  #isSeed = false;
  /** The rate when the last slot was added, and what a slot carried then. */
  #before = 0;
  #share = 0;
  #rounds = 0;

  /** There is nothing left to download: from now on it is a seed's count. */
  seeds(): void {
    if (this.#isSeed) return;
    this.#isSeed = true;
    this.#count = Math.max(this.#count, FIRST_OF_SEED);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * A round is over in which `used` slots were taken, and got `rate` bytes a second in all; `waiting` peers had none.
   */
  follow(rate: number, used: number, waiting: number): void {
    this.#rounds++;
    if (used >= LEAST && rate / used < TOO_THIN) return this.#change(rate, used, -1);
    if (waiting === 0 || used < this.#count) return;
    if (rate - this.#before >= WORTH * this.#share || this.#rounds >= RETRY) this.#change(rate, used, 1);
  }

  #change(rate: number, used: number, by: 1 | -1): void {
    this.#count = Math.min(MAX_SLOTS, Math.max(LEAST, this.#count + by));
    this.#before = rate;
    this.#share = rate / Math.max(1, used);
    this.#rounds = 0;
  }

  check(): void {
    if (this.#count < LEAST || this.#count > MAX_SLOTS) throw new RangeError(`${this.#count} slots`);
  }
}
