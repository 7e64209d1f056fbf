import { METADATA_PIECE } from '../../protocol/peer/utMetadata.ts';

/**
 * The pieces of one info dictionary of a claimed size, and which peer gave each. A claim alone allocates nothing:
 * pieces are kept as they arrive. Invariant: `held` pieces are there, `bytes` long in all, each of the length that its
 * number requires.
 */
export class MetadataAssembly<Who> {
  readonly size: number;
  readonly pieceCount: number;
  /** Number of pieces that are there. */
  held = 0;
  readonly #pieces = new Map<number, { readonly bytes: Uint8Array; readonly from: Who }>();

  constructor(size: number) {
    this.size = size;
    this.pieceCount = Math.ceil(size / METADATA_PIECE);
  }

  sizeOf(piece: number): number {
    return piece === this.pieceCount - 1 ? this.size - piece * METADATA_PIECE : METADATA_PIECE;
  }

  has(piece: number): boolean {
    return this.#pieces.has(piece);
  }

  get whole(): boolean {
    return this.held === this.pieceCount;
  }

  /** Number of bytes that are there. */
  get bytes(): number {
    return Math.min(this.size, this.held * METADATA_PIECE);
  }

  /** Number of bytes that are missing. */
  get missing(): number {
    return this.size - this.bytes;
  }

  /** The peers that gave a part of it. */
  get givers(): Set<Who> {
    return new Set([...this.#pieces.values()].map(({ from }) => from));
  }

  /** Keeps `bytes`, without a copy: they must have the right length, and belong to the caller. */
  put(piece: number, bytes: Uint8Array, from: Who): void {
    this.#pieces.set(piece, { bytes, from });
    this.held = this.#pieces.size;
  }

  /** Removes what a peer gave, and returns it by piece number. */
  forget(who: Who): ReadonlyMap<number, Uint8Array> {
    const given = new Map<number, Uint8Array>();
    for (const [piece, { bytes, from }] of this.#pieces) {
      if (from !== who) continue;
      given.set(piece, bytes);
      this.#pieces.delete(piece);
    }
    this.held = this.#pieces.size;
    return given;
  }

  /** The whole info dictionary. */
  joined(): Uint8Array {
    const all = new Uint8Array(this.size);
    for (const [piece, { bytes }] of this.#pieces) all.set(bytes, piece * METADATA_PIECE);
    return all;
  }

  /** Does everything that a peer gave agree with `truth`? */
  agrees(who: Who, truth: Uint8Array): boolean {
    for (const [piece, { bytes, from }] of this.#pieces) {
      if (
        from === who &&
        Buffer.compare(bytes, truth.subarray(piece * METADATA_PIECE, piece * METADATA_PIECE + bytes.length)) !== 0
      )
        return false;
    }
    return true;
  }

  check(): void {
    if (this.held !== this.#pieces.size)
      throw new RangeError(`${this.#pieces.size} pieces of metadata, not ${this.held}`);
    let held = 0;
    for (const [piece, { bytes }] of this.#pieces) {
      held += bytes.length;
      if (piece < 0 || piece >= this.pieceCount || bytes.length !== this.sizeOf(piece))
        throw new RangeError(`piece ${piece} of the metadata has ${bytes.length} bytes`);
    }
    if (held > this.bytes) throw new RangeError(`${held} bytes of metadata, not ${this.bytes}`);
  }
}
