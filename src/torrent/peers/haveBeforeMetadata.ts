import { Malformed } from '../../protocol/encoding/malformed.ts';
import { Bitfield } from '../bitfield.ts';
import { MAX_PIECES } from '../metainfo/limits.ts';

/**
 * The pieces that a peer says it has before the number of pieces is known. Grows up to one bit for each of {@link
 * MAX_PIECES}. Invariant: `#bits` has room for no more than these, and `#highest` is one of them.
 */
export class HaveBeforeMetadata {
  #bits = new Uint8Array();
  /** Length of the peer's bitfield in bytes, if it sent one. */
  #length: number | undefined;
  #all = false;
  #highest = -1;

  /** @throws Malformed */
  set(what: string, piece: number): void {
    this.within(what, piece);
    const at = piece >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.min(MAX_PIECES >> 3, Math.max(64, 2 * at)));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[at] = (this.#bits[at] as number) | (0x80 >> (piece & 7));
  }

  /** The peer has mentioned this piece, so it must exist. @throws Malformed */
  within(what: string, piece: number): void {
    if (piece >= MAX_PIECES) throw new Malformed(what, `a piece below ${MAX_PIECES}`, piece);
    this.#highest = Math.max(this.#highest, piece);
  }

  /** Adds the pieces of a bitfield. False if all of them were known. `bytes` are copied. @throws Malformed */
  add(bytes: Uint8Array): boolean {
    if (bytes.length > MAX_PIECES >> 3)
      throw new Malformed('bitfield', `at most ${MAX_PIECES >> 3} bytes`, bytes.length);
    if (this.#length !== undefined && this.#length !== bytes.length)
      throw new Malformed('bitfield', `${this.#length} bytes, as before`, bytes.length);
    this.#length = bytes.length;
    const before = this.#bits;
    this.#bits = new Uint8Array(Math.max(before.length, bytes.length));
    this.#bits.set(before);
    let more = false;
    for (const [at, byte] of bytes.entries()) {
      more ||= (byte & ~(this.#bits[at] as number)) !== 0;
      this.#bits[at] = (this.#bits[at] as number) | byte;
    }
    return more && !this.#all;
  }

  setAll(): void {
    this.#all = true;
  }

  /** The pieces as a bitfield, now that their number is known. @throws Malformed if they do not fit that number. */
  counted(pieceCount: number): Bitfield {
    if (this.#highest >= pieceCount) throw new Malformed('have', `a piece below ${pieceCount}`, this.#highest);
    const size = (pieceCount + 7) >> 3;
    if (this.#length !== undefined && this.#length !== size)
      throw new Malformed('bitfield', `${size} bytes`, this.#length);
    const bits = new Uint8Array(size);
    bits.set(this.#bits.subarray(0, size));
    const have = Bitfield.told(bits, pieceCount);
    if (this.#all) have.setAll();
    return have;
  }

  check(): void {
    if (this.#bits.length > MAX_PIECES >> 3) throw new RangeError(`${this.#bits.length} bytes of bits`);
    if (this.#highest >= MAX_PIECES) throw new RangeError(`piece ${this.#highest} is spoken of`);
  }
}
