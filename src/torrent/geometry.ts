/** The unit of a request: 16 KiB (BEP 3 in practice). */
export const BLOCK = 16384;

/** What arithmetic needs of a torrent. */
export interface Shape {
  readonly length: number;
  readonly pieceLength: number;
}

/** All arithmetic of piece, block and offset of one torrent. A value: nothing in it changes. */
export class Geometry {
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** Blocks of every piece but the last. */
  readonly blocksPerPiece: number;
  readonly #lastSize: number;
  readonly #lastBlocks: number;

  constructor({ length, pieceLength }: Shape) {
    this.length = length;
    this.pieceLength = pieceLength;
    this.pieceCount = Math.ceil(length / pieceLength);
    this.blocksPerPiece = Math.ceil(pieceLength / BLOCK);
    this.#lastSize = length - (this.pieceCount - 1) * pieceLength;
    this.#lastBlocks = Math.ceil(this.#lastSize / BLOCK);
  }

  /** Bytes of piece `index`; the last may be shorter. */
  pieceSize(index: number): number {
    // Both are read whichever it is: at a branch that it has never seen taken V8 gives up what it has compiled, here
    // all that handles blocks.
    const { pieceLength } = this;
    const last = this.#lastSize;
    return index < this.pieceCount - 1 ? pieceLength : last;
  }

  blockCount(piece: number): number {
    const { blocksPerPiece } = this;
    const last = this.#lastBlocks;
    return piece < this.pieceCount - 1 ? blocksPerPiece : last;
  }

  /** Bytes of block number `block` of `piece`; the last may be shorter. */
  blockSize(piece: number, block: number): number {
    const rest = this.pieceSize(piece) - block * BLOCK;
    return rest > BLOCK ? BLOCK : rest;
  }

  /** Is there a block of this piece and number, and of this size? */
  hasBlock(piece: number, block: number, size: number): boolean {
    return (
      piece < this.pieceCount &&
      Number.isInteger(block) &&
      block < this.blockCount(piece) &&
      size === this.blockSize(piece, block)
    );
  }

  /** Where piece `index` begins in the torrent. */
  pieceOffset(index: number): number {
    return index * this.pieceLength;
  }

  /** Pieces that hold any byte of `length` bytes at `offset`: first and last, both included. */
  piecesOf(offset: number, length: number): readonly [first: number, last: number] {
    const end = Math.max(offset, offset + length - 1);
    return [Math.floor(offset / this.pieceLength), Math.floor(end / this.pieceLength)];
  }
}
