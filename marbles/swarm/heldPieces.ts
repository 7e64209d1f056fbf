import { BLOCK, type Geometry } from '../../src/torrent/geometry.ts';

/**
 * The memory that a client must have had for pieces that were begun and not yet stored, as it is seen from outside.
 * What is written to disk has been in memory since its blocks came for the last time; what a client has given up in
 * between is not counted. Depends on when blocks came, and when they were on disk.
 */
export class HeldPieces {
  readonly #geometry: Geometry;
  /** When each block came for the last time. */
  readonly #came = new Map<number, number>();
  /** From when to when a piece was held. */
  readonly #spans: [since: number, until: number][] = [];

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
  }

  /** A block has come, and is right. */
  came(block: number, now: number): void {
    this.#came.set(block, now);
  }

  /** So many bytes from `offset` on are on disk. */
  stored(offset: number, length: number, now: number): void {
    const { pieceLength } = this.#geometry;
    for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < offset + length; piece++)
      this.#leaves(piece, now);
  }

  #leaves(piece: number, now: number): void {
    const { blocksPerPiece } = this.#geometry;
    let since = Infinity;
    for (let block = piece * blocksPerPiece; block < (piece + 1) * blocksPerPiece; block++) {
      since = Math.min(since, this.#came.get(block) ?? Infinity);
      this.#came.delete(block);
    }
    if (since < now) this.#spans.push([since, now]);
  }

  /** The program has ended, and its memory is gone. */
  forgets(): void {
    this.#came.clear();
  }

  /** Bytes at one time, at most. */
  get most(): number {
    const { pieceLength, length } = this.#geometry;
    // What ends in the same moment ends first.
    const changes = this.#spans.flatMap(([since, until]) => [[since, 1] as const, [until, -1] as const]);
    changes.sort(([one, by], [other, then]) => one - other || by - then);
    let [held, most] = [0, 0];
    for (const [, by] of changes) most = Math.max(most, (held += by));
    return most * Math.min(pieceLength, length);
  }
}

/** Bytes of pieces that may be begun and not yet stored, if a client has so much memory for them: two at the least. */
export const draftsWithin = ({ pieceLength, length }: Geometry, memory: number): number =>
  Math.max(memory, 2 * Math.min(pieceLength, Math.ceil(length / BLOCK) * BLOCK));
