import type { Geometry } from '../geometry.ts';
import type { ReadBudget } from './readBudget.ts';
import { covers, MAX_REQUEST, type Range, type RequestQueue, type Stretch } from './requestQueue.ts';

/** Bytes of one read. */
export const STRETCH = 262_144;
/** The same for a peer that is given this much between two looks: fewer threads are woken, and disks seek less. */
export const LONG_STRETCH = 2 ** 20;
export const MUCH = 8 * 2 ** 20;
/** Stretches that are in memory for one peer: one that is given, and one that is read meanwhile. */
export const MAX_STRETCHES = 2;

export interface ReadAheadOptions {
  readonly geometry: Geometry;
  /** Fills `into` from `begin` of piece `index`, and then calls `done`, once: with false if that fails. */
  readonly read: (index: number, begin: number, into: Uint8Array, done: (whole: boolean) => void) => void;
  /** Is called after each read; with the piece that could not be read, if it failed. */
  readonly ended: (failed: number | undefined) => void;
  /** What long reads are taken from. */
  readonly budget: ReadBudget;
}

/**
 * What one peer is about to be given, in memory. Depends on the order of its requests. Requests that follow each other
 * are read at once; for a peer that requests in order, more is read than it has asked for. A quick peer has the next
 * stretch read while it is given the one before, so that neither the disk nor the peer waits for the other.
 * One that takes much is read to in long stretches, as far as the budget of all peers goes.
 * Invariants: one read at a time; at most MAX_STRETCHES buffers, of STRETCH bytes, one request or, if the budget was
 * asked, LONG_STRETCH each; a buffer is free, or one stretch is in it, or it is being read into.
 */
export class ReadAhead {
  readonly #options: ReadAheadOptions;
  readonly #longest: number;
  /** Bytes of a buffer. */
  #size: number;
  /** Bytes taken from the budget. */
  #taken = 0;
  /** Bytes read since the last look. */
  #recent = 0;
  /** Oldest first. */
  readonly #stretches: Stretch[] = [];
  #free: Uint8Array[] = [];
  #reading: Uint8Array | undefined;
  /** Where the last read ended. */
  #end: { readonly piece: number; readonly begin: number } | undefined;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
    const { pieceLength } = options.geometry;
    this.#longest = Math.min(LONG_STRETCH, pieceLength);
    this.#size = sizeFor(pieceLength);
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
    const head = queue.first();
    if (head === undefined) return;
    const there = this.covering(head) !== undefined;
    if (there && (!deep || this.#stretches.length === MAX_STRETCHES)) return;
    if (!there) this.#drop(this.#stretches.length);
    const next = there ? queue.first((range) => !covers(this.#stretches[0], range)) : head;
    if (next === undefined) return;
    if (deep && this.#taken === 0 && this.#recent >= MUCH) this.#lengthen();
    this.#read(next, queue);
  }

  /** To be called now and then: a peer that takes little is no longer read to in long stretches. */
  look(): void {
    if (this.#recent < MUCH) this.#shorten();
    this.#recent = 0;
  }

  /** Nothing is asked for: the memory is given back. A read that is under way ends first. */
  rest(): void {
    this.#stretches.length = 0;
    this.#free = [];
    this.#shorten();
  }

  #lengthen(): void {
    const bytes = MAX_STRETCHES * this.#longest;
    if (this.#longest <= this.#size || !this.#options.budget.take(bytes)) return;
    this.#taken = bytes;
    this.#size = this.#longest;
    this.#free = [];
  }

  #shorten(): void {
    if (this.#taken === 0) return;
    this.#options.budget.give(this.#taken);
    this.#taken = 0;
    this.#size = sizeFor(this.#options.geometry.pieceLength);
    this.#free = [];
  }

  /** What was read before the size changed is not used again. */
  #keep(buffer: Uint8Array): void {
    if (buffer.length === this.#size) this.#free.push(buffer);
  }

  /** The oldest are no longer needed. */
  #drop(count: number): void {
    for (; count > 0; count--) this.#keep((this.#stretches.shift() as Stretch).bytes);
  }

  #read(next: Range, queue: RequestQueue): void {
    const { piece, begin } = next;
    const inOrder = begin === 0 || (this.#end?.piece === piece && this.#end.begin === begin);
    const there = this.#options.geometry.pieceRoom(piece) - begin;
    const length = Math.min(this.#size, there, inOrder ? this.#size : askedFrom(next, queue, this.#size));
    const buffer = this.#free.pop() ?? new Uint8Array(this.#size);
    this.#reading = buffer;
    this.#recent += length;
    this.#end = { piece, begin: begin + length };
    this.#options.read(piece, begin, buffer.subarray(0, length), (whole) => {
      this.#reading = undefined;
      if (whole) this.#stretches.push({ piece, begin, length, bytes: buffer });
      else this.#keep(buffer);
      this.#options.ended(whole ? undefined : piece);
    });
  }

  check(): void {
    const buffers = [...this.#free, ...this.#stretches.map(({ bytes }) => bytes), this.#reading].filter(
      (buffer) => buffer !== undefined,
    );
    if (buffers.length > MAX_STRETCHES || new Set(buffers).size !== buffers.length)
      throw new RangeError(`${buffers.length} buffers for one peer`);
    if (this.#free.some(({ length }) => length !== this.#size)) throw new RangeError('a buffer is not whole');
  }
}

const sizeFor = (pieceLength: number): number => Math.max(MAX_REQUEST, Math.min(STRETCH, pieceLength));

/** Bytes that are asked for from `next` on without a gap. */
const askedFrom = (next: Range, queue: RequestQueue, most: number): number =>
  queue.run(most, (range) => range === next).reduce((sum, { length }) => sum + length, 0);
