import { Malformed } from '../protocol/encoding/malformed.ts';

const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/**
 * One bit a piece, the first piece in the highest bit of the first byte (BEP 3).
 * Invariants: `count` is the number of bits set; spare bits after `length` are zero.
 */
export class Bitfield {
  readonly length: number;
  readonly bytes: Uint8Array;
  #count = 0;

  constructor(length: number) {
    this.length = length;
    this.bytes = new Uint8Array((length + 7) >> 3);
  }

  /** From a note, or ourselves. @throws Malformed if its size is not that of `length` bits or a spare bit is set. */
  static from(bytes: Uint8Array, length: number): Bitfield {
    const field = new Bitfield(length);
    if (bytes.length !== field.bytes.length)
      throw new Malformed('bitfield', `${field.bytes.length} bytes`, bytes.length);
    const spare = field.bytes.length * 8 - length;
    if (spare > 0 && ((bytes[bytes.length - 1] as number) & ((1 << spare) - 1)) !== 0)
      throw new Malformed('bitfield', `${spare} spare bits of zero`, 'a set one');
    field.bytes.set(bytes);
    field.#count = count(bytes);
    return field;
  }

  /** Set where `holds` does. */
  static where(length: number, holds: (index: number) => boolean): Bitfield {
    const field = new Bitfield(length);
    for (let index = 0; index < length; index++) if (holds(index)) field.set(index);
    return field;
  }

  /** The same from a peer: spare bits that older clients have set are cleared. @throws Malformed for another size. */
  static told(bytes: Uint8Array, length: number): Bitfield {
    const field = new Bitfield(length);
    if (bytes.length !== field.bytes.length)
      throw new Malformed('bitfield', `${field.bytes.length} bytes`, bytes.length);
    field.bytes.set(bytes);
    const spare = bytes.length * 8 - length;
    if (spare > 0) field.bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) & (0xff << spare);
    field.#count = count(field.bytes);
    return field;
  }

  /** How many bits are set. */
  get count(): number {
    return this.#count;
  }

  /** Are all bits set? Not of none. */
  get full(): boolean {
    return this.#count === this.length && this.length > 0;
  }

  has(index: number): boolean {
    return index >= 0 && index < this.length && ((this.bytes[index >> 3] as number) & (0x80 >> (index & 7))) !== 0;
  }

  /** True if the bit was not set before. @throws RangeError outside of `length`. */
  set(index: number): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw new RangeError(`bit ${index} of ${this.length}`);
    const mask = 0x80 >> (index & 7);
    const byte = this.bytes[index >> 3] as number;
    if ((byte & mask) !== 0) return false;
    this.bytes[index >> 3] = byte | mask;
    this.#count++;
    return true;
  }

  clear(index: number): void {
    if (!this.has(index)) return;
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) & ~(0x80 >> (index & 7));
    this.#count--;
  }

  setAll(): void {
    this.bytes.fill(0xff);
    const spare = this.bytes.length * 8 - this.length;
    if (spare > 0) this.bytes[this.bytes.length - 1] = (0xff << spare) & 0xff;
    this.#count = this.length;
  }

  check(): void {
    if (count(this.bytes) !== this.#count)
      throw new RangeError(`bitfield counts ${this.#count}, has ${count(this.bytes)}`);
  }
}

const count = (bytes: Uint8Array): number => {
  let sum = 0;
  for (const byte of bytes) sum += ones[byte] as number;
  return sum;
};
