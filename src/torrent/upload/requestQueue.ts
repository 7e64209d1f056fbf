import type { Geometry } from '../geometry.ts';
import { ChurningMap } from '../pieces/churningMap.ts';

/** A part of a piece that somebody asks for. */
export interface Range {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** Bytes that may be asked for at one time: blocks are of 16 KiB, but some ask for more. */
export const MAX_REQUEST = 131_072;
/** More than any offset in a piece. */
const PIECE = 2 ** 28;

/** What a range of bytes of one piece was read into. */
export interface Stretch extends Range {
  readonly bytes: Uint8Array;
}

/** Is all of `range` in `stretch`? */
export const covers = (stretch: Stretch | undefined, range: Range): stretch is Stretch =>
  stretch !== undefined &&
  stretch.piece === range.piece &&
  stretch.begin <= range.begin &&
  stretch.begin + stretch.length >= range.begin + range.length;

/**
 * What one peer has asked for and not got yet, oldest first. Depends on nothing but what is asked.
 * Invariants: at most `most` ranges, each of 1 to {@link MAX_REQUEST} bytes within one piece, and of those that begin
 * at one place only one.
 */
export class RequestQueue {
  readonly #geometry: Geometry;
  readonly #most: number;
  readonly #ranges = new ChurningMap<number, Range>();

  constructor(geometry: Geometry, most: number) {
    this.#geometry = geometry;
    this.#most = most;
  }

  get size(): number {
    return this.#ranges.size;
  }

  get full(): boolean {
    return this.#ranges.size >= this.#most;
  }

  /** False for what can't be asked for, or is one too many. What is asked for again keeps its place. */
  add({ piece, begin, length }: Range): boolean {
    const fits =
      piece < this.#geometry.pieceCount &&
      length > 0 &&
      length <= MAX_REQUEST &&
      begin + length <= this.#geometry.pieceRoom(piece);
    if (!fits) return false;
    const key = piece * PIECE + begin;
    if (this.#ranges.size >= this.#most && !this.#ranges.has(key)) return false;
    this.#ranges.set(key, { piece, begin, length });
    return true;
  }

  /** False if it is not, or no longer, in the queue. */
  remove({ piece, begin, length }: Range): boolean {
    const key = piece * PIECE + begin;
    return this.#ranges.get(key)?.length === length && this.#ranges.delete(key);
  }

  /** Takes out, and returns, what no longer holds. */
  sift(holds: (piece: number) => boolean): readonly Range[] {
    const out: Range[] = [];
    for (const [key, range] of this.#ranges.entries()) {
      if (holds(range.piece)) continue;
      this.#ranges.delete(key);
      out.push(range);
    }
    return out;
  }

  /** The oldest, or the oldest that passes. */
  first(passes?: (range: Range) => boolean): Range | undefined {
    for (const range of this.#ranges.values()) if (passes === undefined || passes(range)) return range;
    return undefined;
  }

  /**
   * The oldest, and those after it that go on where the one before ends: of one piece, and of at most `bytes`, unless
   * the first has more. With `passes` the oldest is the first that passes.
   */
  run(bytes: number, passes?: (range: Range) => boolean): readonly Range[] {
    const run: Range[] = [];
    let end = -1;
    let size = 0;
    for (const range of this.#ranges.values()) {
      const goesOn = range.piece === run[0]?.piece && range.begin === end && size + range.length <= bytes;
      if (run.length > 0 && !goesOn) break;
      if (run.length === 0 && passes?.(range) === false) continue;
      run.push(range);
      end = range.begin + range.length;
      size += range.length;
    }
    return run;
  }

  check(): void {
    if (this.#ranges.size > this.#most) throw new RangeError(`${this.#ranges.size} requests, ${this.#most} at most`);
    for (const [key, { piece, begin, length }] of this.#ranges.entries()) {
      if (
        key !== piece * PIECE + begin ||
        begin + length > this.#geometry.pieceRoom(piece) ||
        length > MAX_REQUEST ||
        length < 1
      )
        throw new RangeError(`a request for ${length} bytes at ${begin} of piece ${piece}`);
    }
  }
}
