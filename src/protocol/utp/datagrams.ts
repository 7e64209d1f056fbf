import { HEADER, unwritten } from './utpPacket.ts';

/** Datagrams kept to be written again. */
export const MAX_FREE = 256;

/**
 * Memory of packets that have arrived, to be written again: nearly all packets are as large as they may be, so that
 * they fit each other. Depends on what was given back. Invariant: few are kept, all of one size.
 */
export class Datagrams {
  readonly #free: Uint8Array[] = [];
  #size = 0;

  /** A packet whose header is still to be written, with room for `payload` bytes, and without extensions. */
  take(payload: number): Uint8Array {
    const fresh = this.#free.at(-1);
    if (fresh === undefined || fresh.length !== HEADER + payload) return unwritten(payload);
    this.#free.pop();
    return fresh;
  }

  /**
   * The packet is not needed any more. What is still to be sent of it somewhere is another packet then, whole and of
   * the same length, which does no harm. Only packets without extensions may be given back.
   */
  give(packet: Uint8Array): void {
    if (packet.length > this.#size) {
      this.#size = packet.length;
      this.#free.length = 0;
    }
    if (packet.length === this.#size && this.#free.length < MAX_FREE) this.#free.push(packet);
  }

  check(): void {
    if (this.#free.length > MAX_FREE) throw new RangeError(`${this.#free.length} datagrams are kept`);
    if (new Set(this.#free).size !== this.#free.length) throw new RangeError('a datagram is kept twice');
    if (this.#free.some(({ length }) => length !== this.#size)) throw new RangeError('datagrams differ in size');
  }
}
