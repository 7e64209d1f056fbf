/** Datagrams of this size go anywhere: 1,280 bytes are what every IPv6 link carries, less 48 of headers. */
export const SAFE_SIZE = 1_232;
/** What Ethernet carries, less the headers of IP and UDP. */
export const LARGEST_SIZE = { 4: 1_472, 6: 1_452 } as const;
/** Sizes that differ by less are not told apart. */
const CLOSE = 16;

/**
 * How large datagrams may be. Now and then one is padded, as a try; if it gets lost while others arrive, it is sent
 * again without what was added, since the bytes of a packet can't be moved to another one. Depends on which tries
 * arrived. Invariant: what is used has been tried, or is safe.
 */
export class PacketSize {
  #floor = SAFE_SIZE;
  #ceiling: number;
  #trying: number | undefined;
  #hasFailed = false;

  constructor(family: 4 | 6) {
    this.#ceiling = LARGEST_SIZE[family];
  }

  get size(): number {
    return this.#floor;
  }

  /** The size that packet `sequence` is to be padded to, as a try; undefined if nothing is tried now. */
  trial(sequence: number): number | undefined {
    if (this.#trying !== undefined || this.#ceiling - this.#floor < CLOSE) return undefined;
    this.#trying = sequence;
    // The largest size mostly arrives, so it is tried first.
    return this.#hasFailed ? (this.#floor + this.#ceiling) >> 1 : this.#ceiling;
  }

  /** A packet of `size` bytes has arrived. */
  arrived(sequence: number, size: number): void {
    if (sequence !== this.#trying) return;
    this.#trying = undefined;
    this.#floor = Math.max(this.#floor, size);
  }

  /** A packet of `size` bytes got lost. True if it was a try: that says nothing about how busy the network is. */
  lost(sequence: number, size: number): boolean {
    if (sequence !== this.#trying) return false;
    this.#trying = undefined;
    this.#hasFailed = true;
    this.#ceiling = Math.max(this.#floor, size - 1);
    return true;
  }

  check(): void {
    if (this.#floor > this.#ceiling || this.#floor < SAFE_SIZE) throw new RangeError(`${this.#floor} bytes`);
  }
}
