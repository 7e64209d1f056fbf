/** The unit of a request: 16 KiB (BEP 3 in practice). */
export const BLOCK = 16384;
const BLOCK_BITS = 14;

/** What arithmetic needs of a torrent. */
export interface Shape {
  readonly length: number;
  readonly pieceLength: number;
  /** Bytes of each piece, where others than the last one are shorter. */
  readonly pieceSizes?: readonly number[];
  /** In their order, without gaps; absent where nothing is padding. */
  readonly files?: readonly { readonly offset: number; readonly length: number; readonly padding: boolean }[];
}

/** How many pieces it has. */
export const pieceCountOf = ({ length, pieceLength }: Shape): number => Math.ceil(length / pieceLength);

/** Bytes of all pieces: of what is between the files of version 2 there is nothing. */
export const totalOf = ({ pieceSizes, length }: Shape): number =>
  pieceSizes?.reduce((sum, size) => sum + size, 0) ?? length;

/**
 * How many blocks of a piece there are before the padding at its end, if that has whole blocks. Of a piece that is all
 * padding there is one: what is never asked for would never be whole.
 */
const beforePadding = ({ files = [], length, pieceLength, pieceSizes }: Shape): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  // In version 2 there are no bytes between files.
  if (pieceSizes !== undefined) return counts;
  let from = 0;
  for (const { offset, length: size, padding } of files) {
    const end = offset + size;
    if (!padding && size > 0) from = end;
    if (!padding) continue;
    for (let piece = Math.floor(Math.max(from, offset) / pieceLength); piece * pieceLength < end; piece++) {
      const [first, last] = [piece * pieceLength, Math.min(length, (piece + 1) * pieceLength)];
      const blocks = Math.max(1, Math.ceil((Math.max(from, first) - first) / BLOCK));
      if (last <= end && blocks * BLOCK < last - first) counts.set(piece, blocks);
    }
  }
  return counts;
};

/** All arithmetic of piece, block and offset of one torrent. A value: nothing in it changes. */
export class Geometry {
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** Bytes of all pieces: fewer than `length` where there are gaps between pieces. */
  readonly total: number;
  /** Blocks of a piece that is not shorter than others. */
  readonly blocksPerPiece: number;
  /** Bytes of pieces; the first stands for all up to number `#even`. */
  readonly #sizes: readonly number[];
  readonly #even: number;
  readonly #gaps: boolean;
  readonly #beforePadding: ReadonlyMap<number, number>;

  constructor(shape: Shape) {
    const { length, pieceLength, pieceSizes } = shape;
    this.length = length;
    this.pieceLength = pieceLength;
    this.pieceCount = pieceCountOf({ length, pieceLength });
    this.blocksPerPiece = Math.ceil(pieceLength / BLOCK);
    this.#sizes = pieceSizes ?? [pieceLength, length - (this.pieceCount - 1) * pieceLength];
    this.total = totalOf(shape);
    this.#gaps = pieceSizes !== undefined;
    this.#even = pieceSizes ? 0 : this.pieceCount - 2;
    this.#beforePadding = beforePadding(shape);
  }

  /** Bytes of piece `index`; the last may be shorter, and so may one that ends with a file (BEP 52). */
  pieceSize(index: number): number {
    // The same is done whichever it is: at a branch that it has never seen taken V8 gives up what it has compiled, here
    // all that handles blocks.
    return this.#sizes[Math.max(0, index - this.#even)] as number;
  }

  /** Bytes of the pieces in `set`. */
  bytesOf(set: { readonly count: number; has(index: number): boolean }): number {
    if (set.count === 0) return 0;
    let bytes = set.count * this.pieceLength;
    for (let index = this.#gaps ? 0 : this.pieceCount - 1; index < this.pieceCount; index++)
      if (set.has(index)) bytes -= this.pieceLength - this.pieceSize(index);
    return bytes;
  }

  /**
   * Bytes of piece `index` that may be asked for. Between the pieces of two files (BEP 52) there is nothing, which some
   * clients ask for as zeros.
   */
  pieceRoom(index: number): number {
    return this.#gaps ? this.pieceLength : this.pieceSize(index);
  }

  /** Does the next piece begin where piece `index` ends? */
  adjoins(index: number): boolean {
    return this.pieceSize(index) === this.pieceLength;
  }

  blockCount(piece: number): number {
    return (this.pieceSize(piece) + BLOCK - 1) >> BLOCK_BITS;
  }

  /** Blocks of a piece that have to be fetched, from the first on: those behind them are padding, zeros. BEP 47. */
  fetchedCount(piece: number): number {
    return this.#beforePadding.get(piece) ?? this.blockCount(piece);
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
