import { Malformed } from '../protocol/encoding/malformed.ts';

/** Longest text or run of bytes in a recording: whatever is longer is garbage. */
const MAX_RUN = 1 << 26;
/** Lengths of texts that take one byte. */
const SHORT = 128;
const text = new TextEncoder();
const words = new TextDecoder('utf-8', { fatal: true });

/** Numbers, texts and bytes, one after the other. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(size = 1 << 16) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  u8(value: number): void {
    this.#need(1);
    this.#bytes[this.#at++] = value;
  }

  /** Another byte in the place of one that was written since the last `take`. */
  patch(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  /** A whole number from 0 to 2⁵³ − 1, seven bits a byte, the lowest first (LEB128). */
  number(value: number): void {
    this.#need(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  float(value: number): void {
    this.#need(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** Their length, then they. */
  run(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.plain(bytes);
  }

  text(value: string): void {
    const before = this.#at;
    if (value.length < SHORT && this.#ascii(value)) return;
    this.#at = before;
    this.run(text.encode(value));
  }

  /** Most texts are numbers: they need no copy of their own. False if it is none of ASCII. */
  #ascii(value: string): boolean {
    this.#need(value.length + 1);
    this.#bytes[this.#at++] = value.length;
    for (let n = 0; n < value.length; n++) {
      const code = value.charCodeAt(n);
      if (code >= 128) return false;
      this.#bytes[this.#at++] = code;
    }
    return true;
  }

  /** Without their length. */
  plain(bytes: Uint8Array): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** All that was written since the last time, as a copy. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return bytes;
  }

  #need(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#at + count, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** More was to come: the recording was cut off here. */
export class CutOff extends Malformed {}

/** Reads what a {@link ByteWriter} has written. Nothing is allocated before its length is known to be there. */
export class ByteReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get over(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** @throws CutOff */
  u8(): number {
    this.#need(1);
    return this.#bytes[this.at++] as number;
  }

  /** @throws CutOff, Malformed */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw new Malformed('number', 'at most 2⁵³ − 1', value);
      if (byte < 128) return value;
      if (scale > 2 ** 49) throw new Malformed('number', 'at most eight bytes', 'more');
    }
  }

  float(): number {
    this.#need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8);
  }

  /** Lent: it is part of the recording. @throws CutOff, Malformed */
  run(): Uint8Array {
    const length = this.number();
    if (length > MAX_RUN) throw new Malformed('run of bytes', `at most ${MAX_RUN}`, length);
    this.#need(length);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    const bytes = this.run();
    try {
      return words.decode(bytes);
    } catch {
      throw new Malformed('text', 'UTF-8', 'other bytes');
    }
  }

  #need(count: number): void {
    if (this.at + count > this.#bytes.length) throw new CutOff('recording', `${count} more bytes`, 'its end');
  }
}
