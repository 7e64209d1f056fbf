import { InvariantError } from '../../contracts/errors.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** A part of one file. All in bytes. */
export interface Span {
  /** Index in `torrent.files`. */
  readonly file: number;
  readonly padding: boolean;
  /** Where it begins in the file. */
  readonly at: number;
  /** Where it begins in the buffer. */
  readonly from: number;
  readonly length: number;
}

/** Maps offsets in a torrent to parts of files. Empty files have none. Immutable. */
export class Spans {
  readonly #files: Torrent['files'];
  readonly #length: number;
  /** Indices of the files that are not empty, and the offset of each. */
  readonly #indices: Uint32Array;
  readonly #offsets: Float64Array;

  constructor({ files, length }: Pick<Torrent, 'files' | 'length'>) {
    this.#files = files;
    this.#length = length;
    this.#indices = Uint32Array.from(files.flatMap((file, index) => (file.length > 0 ? [index] : [])));
    this.#offsets = Float64Array.from(this.#indices, (index) => files[index]?.offset ?? 0);
  }

  /**
   * The parts of files that make up `length` bytes at `offset`, in order. The part of a file is cut at each multiple of
   * `cut(file)` in the torrent.
   */
  of(offset: number, length: number, cut: (file: number) => number = uncut): readonly Span[] {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.#length))
      throw new InvariantError(`${length} bytes at ${offset} of a torrent of ${this.#length}`);
    const spans: Span[] = [];
    for (let from = 0, n = this.#find(offset); from < length; ) {
      const file = this.#indices[n] as number;
      const { offset: begin, length: size, padding } = this.#files[file] as Torrent['files'][number];
      const at = offset + from - begin;
      const border = cut(file);
      const part = Math.min(length - from, size - at, border - ((offset + from) % border));
      spans.push({ file, padding, at, from, length: part });
      from += part;
      if (at + part === size) n++;
    }
    return spans;
  }

  /** The last file that begins at or before `offset`. */
  #find(offset: number): number {
    let low = 0;
    let high = this.#offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#offsets[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const uncut = (): number => Infinity;

/** Total length of `parts`, in bytes. */
export const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);
