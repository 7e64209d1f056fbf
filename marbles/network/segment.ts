import { BLOCK } from '../../src/torrent/geometry.ts';
import { ID } from '../../src/protocol/peer/messages.ts';
import { sameBytes } from '../same.ts';
import type { Kinds } from '../sparse.ts';

/**
 * Bytes that travel together; an empty segment is the end of a direction. Where a block of the torrent is as it should
 * be, everybody shares one copy of it: so what is under way between a hundred clients takes little memory.
 */
export interface Segment {
  readonly size: number;
  /** The first bytes, and those after them, which are shared: nobody writes to them. */
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

const NONE = new Uint8Array();
/** Bytes of a piece message before the block. */
const HEADER = 13;
/** A message with a whole block. */
const WHOLE = HEADER + BLOCK;

/** The end of a direction: nothing is sent after it. */
export const END: Segment = { size: 0, head: NONE, body: NONE };

const segment = (head: Uint8Array, body: Uint8Array): Segment => ({ size: head.length + body.length, head, body });

/** Cuts off the first `most` bytes of a longer segment. */
export const cut = ({ head, body }: Segment, most: number): readonly [first: Segment, rest: Segment] => {
  const inBody = Math.max(0, most - head.length);
  return [
    segment(head.subarray(0, most), body.subarray(0, inBody)),
    segment(head.subarray(most), body.subarray(inBody)),
  ];
};

/** The block of the piece message at `at`, if there is one, and it is as it should be. */
const sharedAt = (bytes: Uint8Array, at: number, kinds: Kinds): Uint8Array | undefined => {
  const length = Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).readUInt32BE();
  if (length !== WHOLE - 4 || bytes[at + 4] !== ID.piece) return undefined;
  const block = bytes.subarray(at + HEADER, at + WHOLE);
  const right = kinds.of(((block[0] ?? 0) + 255) % 256);
  return sameBytes(block, right) ? right : undefined;
};

/**
 * The memory of all connections of a network: what is written is encoded into one buffer, and what arrives is lent from
 * another, since both are over before anything else is written or arrives. Depends on the blocks that the torrent has.
 */
export class Segments {
  readonly #kinds: Kinds | undefined;
  #spare: ArrayBuffer | undefined;
  readonly #lent = new WeakSet<ArrayBufferLike>();
  /** For what arrives; undefined while somebody hears it. */
  #heard: Buffer | undefined;

  constructor(kinds?: Kinds) {
    this.#kinds = kinds;
  }

  /** Memory for the next write. */
  room(size: number): Uint8Array {
    if (size < BLOCK) return new Uint8Array(size);
    const memory = this.#spare !== undefined && this.#spare.byteLength >= size ? this.#spare : new ArrayBuffer(size);
    this.#spare = undefined;
    this.#lent.add(memory);
    return new Uint8Array(memory, 0, size);
  }

  /** What is written, cut into segments: whole blocks that everybody shares, and the rest. */
  written(bytes: Uint8Array): readonly Segment[] {
    const { buffer, length } = bytes;
    const isLent = this.#lent.delete(buffer);
    const found: Segment[] = [];
    let at = 0;
    for (let body; this.#kinds !== undefined && length - at >= WHOLE; at += WHOLE) {
      if ((body = sharedAt(bytes, at, this.#kinds)) === undefined) break;
      found.push(segment(bytes.slice(at, at + HEADER), body));
    }
    if (at < length) found.push(segment(isLent ? bytes.slice(at) : bytes.subarray(at), NONE));
    if (isLent) this.#spare = buffer as ArrayBuffer;
    return found;
  }

  /** Lends the bytes of a segment as a socket does: a `Buffer`, whose own `slice` does not copy, and spoilt later. */
  lend({ size, head, body }: Segment, hear: (bytes: Uint8Array) => void): void {
    const memory =
      this.#heard !== undefined && this.#heard.length >= size ? this.#heard : Buffer.alloc(Math.max(size, WHOLE));
    this.#heard = undefined;
    const lent = memory.subarray(0, size);
    lent.set(head);
    lent.set(body, head.length);
    try {
      hear(lent);
    } finally {
      // Overwritten, so that bytes kept without a copy show up.
      lent.fill(0xdd);
      this.#heard = memory;
    }
  }
}
