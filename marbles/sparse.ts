import { BLOCK } from '../src/torrent/geometry.ts';
import { sameBytes } from './same.ts';

/** Blocks that differ in content: see `blockBytes`. */
const KINDS = 256;

/** One copy of each block that a drawn torrent has, for everybody who only reads. */
export class Kinds {
  readonly #known = new Map<number, Uint8Array>();

  /** The right content of block number `at`, counted from 0 through the whole torrent. */
  of(at: number): Uint8Array {
    const known = this.#known.get(at % KINDS);
    if (known !== undefined) return known;
    const block = new Uint8Array(BLOCK).fill(at + 1);
    this.#known.set(at % KINDS, block);
    return block;
  }

  /** Are these the bytes of the torrent from `offset`? */
  holds(offset: number, bytes: Uint8Array): boolean {
    return spans(offset, bytes.length).every(([at, from, to]) =>
      sameBytes(bytes.subarray(at * BLOCK + from - offset, at * BLOCK + to - offset), this.of(at).subarray(from, to)),
    );
  }
}

/**
 * The content of a disk, which takes memory only for blocks that are not as they should be: so a hundred clients can
 * have the same torrent. Depends on what was written. Invariant: a block that is shared is never written to.
 */
export class SparseBytes {
  readonly #kinds: Kinds;
  readonly #length: number;
  readonly #blocks: (Uint8Array | undefined)[];
  /** All of it in one buffer, once somebody wants to see it so. */
  #whole: Uint8Array | undefined;

  constructor(kinds: Kinds, length: number) {
    this.#kinds = kinds;
    this.#length = length;
    this.#blocks = new Array<Uint8Array | undefined>(Math.ceil(length / BLOCK)).fill(undefined);
  }

  /** All bytes in one buffer, which is the disk from now on. */
  get whole(): Uint8Array {
    if (this.#whole !== undefined) return this.#whole;
    const whole = new Uint8Array(this.#length);
    this.read(0, whole);
    this.#whole = whole;
    return whole;
  }

  /** Fills `into` from `offset`; zeros where nothing was written. */
  read(offset: number, into: Uint8Array): void {
    if (this.#whole !== undefined) return into.set(this.#whole.subarray(offset, offset + into.length));
    for (const [at, from, to] of spans(offset, into.length)) {
      const block = this.#blocks[at];
      const start = at * BLOCK + from - offset;
      if (block === undefined) into.fill(0, start, start + to - from);
      else into.set(block.subarray(from, to), start);
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#whole !== undefined) return this.#whole.set(bytes, offset);
    for (const [at, from, to] of spans(offset, bytes.length)) {
      const part = bytes.subarray(at * BLOCK + from - offset, at * BLOCK + to - offset);
      const right = this.#kinds.of(at);
      const isWhole = from === 0 && Math.min((at + 1) * BLOCK, this.#length) === at * BLOCK + to;
      if (isWhole && sameBytes(part, right.subarray(0, to))) this.#blocks[at] = right;
      else this.#own(at).set(part, from);
    }
  }

  /** Is this block, counted from 0, as it should be? */
  isRight(at: number): boolean {
    const right = this.#kinds.of(at);
    if (this.#whole === undefined && this.#blocks[at] === right) return true;
    const bytes = new Uint8Array(Math.min(BLOCK, this.#length - at * BLOCK));
    this.read(at * BLOCK, bytes);
    return sameBytes(bytes, right.subarray(0, bytes.length));
  }

  /** A block that is not shared. */
  #own(at: number): Uint8Array {
    const there = this.#blocks[at];
    if (there !== undefined && there !== this.#kinds.of(at)) return there;
    const own = there === undefined ? new Uint8Array(BLOCK) : there.slice();
    this.#blocks[at] = own;
    return own;
  }

  /** @throws Error if the invariant does not hold. */
  check(): void {
    this.#blocks.forEach((block, at) => {
      const isSpoilt = block === this.#kinds.of(at) && block.some((byte) => byte !== (at + 1) % KINDS);
      if (isSpoilt) throw new Error(`block ${at} is shared, and spoilt`);
    });
  }
}

type Span = readonly [at: number, from: number, to: number];

/** The blocks that `length` bytes at `offset` cover, and from where to where in each. */
const spans = (offset: number, length: number): readonly Span[] => {
  const found: Span[] = [];
  for (let from = offset; from < offset + length; ) {
    const at = Math.floor(from / BLOCK);
    const to = Math.min((at + 1) * BLOCK, offset + length);
    found.push([at, from - at * BLOCK, to - at * BLOCK]);
    from = to;
  }
  return found;
};
