import { BLOCK, type Geometry } from '../geometry.ts';
import type { Wanted } from '../picker/openPiece.ts';

/** Is given each block that is whole; `bytes` are lent. */
export type TakeBlock = (piece: number, block: number, bytes: Uint8Array) => void;

/**
 * Cuts bytes that come one after the other into blocks. Depends on the blocks that they are, which follow each other
 * without a gap. A block that comes in one chunk is not copied. Invariant: what is kept is less than one block.
 */
export class BlockCutter {
  readonly #geometry: Geometry;
  readonly #blocks: Wanted[];
  readonly #take: TakeBlock;
  #next = 0;
  /** The beginning of the next block, in a buffer that is made when it is needed. */
  #kept: Uint8Array | undefined;
  #length = 0;

  constructor(geometry: Geometry, blocks: readonly Wanted[], take: TakeBlock) {
    this.#geometry = geometry;
    this.#blocks = [...blocks];
    this.#take = take;
  }

  /** These blocks follow. */
  add(blocks: readonly Wanted[]): void {
    this.#blocks.push(...blocks);
  }

  /** Have all blocks come? */
  get done(): boolean {
    return this.#next >= this.#blocks.length;
  }

  /** Bytes behind the last block are ignored. */
  push(chunk: Uint8Array): void {
    // A socket's `Buffer` would not be copied by its own `slice`.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let at = 0; at < bytes.length; ) {
      const wanted = this.#blocks[this.#next];
      if (wanted === undefined) return;
      const size = this.#geometry.blockSize(wanted.piece, wanted.block);
      const end = Math.min(bytes.length, at + size - this.#length);
      const part = bytes.subarray(at, end);
      at = end;
      if (this.#length === 0 && part.length === size) this.#give(wanted, part);
      else this.#keep(wanted, part, size);
    }
  }

  #keep(wanted: Wanted, part: Uint8Array, size: number): void {
    this.#kept ??= new Uint8Array(BLOCK);
    this.#kept.set(part, this.#length);
    this.#length += part.length;
    if (this.#length < size) return;
    this.#length = 0;
    this.#give(wanted, this.#kept.subarray(0, size));
  }

  #give({ piece, block }: Wanted, bytes: Uint8Array): void {
    this.#next++;
    this.#take(piece, block, bytes);
  }

  check(): void {
    if (this.#length >= BLOCK) throw new RangeError(`${this.#length} bytes are kept of one block`);
    if (this.#next > this.#blocks.length) throw new RangeError('more blocks than were asked for');
  }
}
