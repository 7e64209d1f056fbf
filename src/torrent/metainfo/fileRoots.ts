import { HASH, merkleRoot, pieceLevels, pieceRoot } from './merkle.ts';
import type { FileEntry } from './padding.ts';

/** A file of a torrent of version 2 that is being created. */
export interface RootedEntry extends FileEntry {
  /** 32 bytes; empty files have none. */
  readonly root?: Uint8Array;
  /** The hashes of its pieces, 32 bytes each, if there are several. */
  readonly layer?: Uint8Array;
}

/** Files in the order of a tree of them: by the bytes of each name, outermost first. BEP 52. */
export const inTreeOrder = (files: readonly FileEntry[]): readonly FileEntry[] => {
  const keyed = files.map((file) => ({ file, names: file.path.map((name) => Buffer.from(name)) }));
  const compare = (a: readonly Buffer[], b: readonly Buffer[]): number => {
    for (let at = 0; at < a.length && at < b.length; at++) {
      const order = Buffer.compare(a[at] as Buffer, b[at] as Buffer);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  };
  return keyed.sort((a, b) => compare(a.names, b.names)).map(({ file }) => file);
};

/**
 * The roots of files, from the hashes of the blocks of their pieces, which come in any order. Depends on each file
 * beginning with a piece. Of a piece nothing but its root is kept. BEP 52.
 */
export class FileRoots {
  readonly #files: readonly FileEntry[];
  readonly #pieceLength: number;
  /** The first piece of each file. */
  readonly #first: readonly number[];
  readonly #roots: Uint8Array;
  /** Pieces that are all of a file: they have a tree of their own. */
  readonly #alone = new Set<number>();

  constructor(files: readonly FileEntry[], pieceLength: number) {
    this.#files = files;
    this.#pieceLength = pieceLength;
    let pieces = 0;
    this.#first = files.map(({ length }) => {
      const first = pieces;
      const count = Math.ceil(length / pieceLength);
      if (count === 1) this.#alone.add(first);
      pieces += count;
      return first;
    });
    this.#roots = new Uint8Array(pieces * HASH);
  }

  /** `blocks` are the hashes of all blocks of piece `index`. */
  add(index: number, blocks: Uint8Array): void {
    const root = this.#alone.has(index) ? merkleRoot(blocks) : pieceRoot(blocks, this.#pieceLength);
    this.#roots.set(root, index * HASH);
  }

  /** The files, once all pieces are known. */
  files(): readonly RootedEntry[] {
    return this.#files.map((file, n): RootedEntry => {
      if (file.length === 0) return file;
      const first = (this.#first[n] as number) * HASH;
      const layer = this.#roots.slice(first, first + Math.ceil(file.length / this.#pieceLength) * HASH);
      if (layer.length === HASH) return { ...file, root: layer };
      return { ...file, root: merkleRoot(layer, pieceLevels(this.#pieceLength)), layer };
    });
  }
}
