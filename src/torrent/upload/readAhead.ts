import type { Geometry } from '../geometry.ts';
import { covers, MAX_REQUEST, type Range, type RequestQueue, type Stretch } from './requestQueue.ts';

/** Bytes of one read. */
export const STRETCH = 262_144;
/** Stretches that are in memory for one peer: one that is given, and one that is read meanwhile. */
export const MAX_STRETCHES = 2;

export interface ReadAheadOptions {
  readonly geometry: Geometry;
  /** Fills `into` from `begin` of piece `index`, and then calls `done`, once: with false if that fails. */
  readonly read: (index: number, begin: number, into: Uint8Array, done: (whole: boolean) => void) => void;
  /** Is called after each read; with the piece that could not be read, if it failed. */
  readonly ended: (failed: number | undefined) => void;
}

/**
 * What one peer is about to be given, in memory. Depends on the order of its requests. Requests that follow each other
 * are read at once; for a peer that requests in order, more is read than it has asked for. A quick peer has the next
 * stretch read while it is given the one before, so that neither the disk nor the peer waits for the other.
 * Invariants: one read at a time; at most MAX_STRETCHES buffers, of STRETCH bytes or one request each; a buffer is
 * free, or one stretch is in it, or it is being read into.
 */
export class ReadAhead {
  readonly #options: ReadAheadOptions;
  readonly #size: number;
  /** Oldest first. */
  readonly #stretches: Stretch[] = [];
  #free: Uint8Array[] = [];
  #reading: Uint8Array | undefined;
  /** Where the last read ended. */
  #end: { readonly piece: number; readonly begin: number } | undefined;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
    this.#size = Math.max(MAX_REQUEST, Math.min(STRETCH, options.geometry.pieceLength));
  }

  get reading(): boolean {
    return this.#reading !== undefined;
  }

  /** What holds all of `range`; nothing that was read before it is needed any more. */
  covering(range: Range): Stretch | undefined {
    const at = this.#stretches.findIndex((stretch) => covers(stretch, range));
    if (at > 0) this.#drop(at);
    return at < 0 ? undefined : this.#stretches[0];
  }

  /** Reads the next that is not in memory; if `deep`, while something else is. */
  fetch(queue: RequestQueue, deep: boolean): void {
    if (this.#reading !== undefined) return;
    const [head] = queue.run(1);
    if (head === undefined) return;
    const there = this.covering(head) !== undefined;
    if (there && (!deep || this.#stretches.length === MAX_STRETCHES)) return;
    if (!there) this.#drop(this.#stretches.length);
    const run = queue.run(STRETCH, (range) => !covers(this.#stretches[0], range));
    if (run[0] !== undefined) this.#read(run[0], run);
  }

  /** Nothing is asked for: the memory is given back. A read that is under way ends first. */
  rest(): void {
    this.#stretches.length = 0;
    this.#free = [];
  }

  /** The oldest are no longer needed. */
  #drop(count: number): void {
    for (const { bytes } of this.#stretches.splice(0, count)) this.#free.push(bytes);
  }

  #read({ piece, begin }: Range, run: readonly Range[]): void {
    const inOrder = begin === 0 || (this.#end?.piece === piece && this.#end.begin === begin);
    const asked = run.reduce((sum, { length }) => sum + length, 0);
    const there = this.#options.geometry.pieceRoom(piece) - begin;
    const length = Math.min(this.#size, there, inOrder ? STRETCH : asked);
    const buffer = this.#free.pop() ?? new Uint8Array(this.#size);
    this.#reading = buffer;
    this.#end = { piece, begin: begin + length };
    this.#options.read(piece, begin, buffer.subarray(0, length), (whole) => {
      this.#reading = undefined;
      if (whole) this.#stretches.push({ piece, begin, length, bytes: buffer });
      else this.#free.push(buffer);
      this.#options.ended(whole ? undefined : piece);
    });
  }

  check(): void {
    const buffers = [...this.#free, ...this.#stretches.map(({ bytes }) => bytes), this.#reading].filter(
      (buffer) => buffer !== undefined,
    );
    if (buffers.length > MAX_STRETCHES || new Set(buffers).size !== buffers.length)
      throw new RangeError(`${buffers.length} buffers for one peer`);
    if (buffers.some(({ length }) => length !== this.#size)) throw new RangeError('a buffer is not whole');
  }
}
