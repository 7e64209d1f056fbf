import type { HashesMessage, HashRange } from '../../protocol/peer/messages.ts';
import { BLOCK } from '../geometry.ts';
import { hasRoot, HASH } from '../metainfo/merkle.ts';
import type { Torrent } from '../metainfo/metainfo.ts';
import { rootedSizes, rootsOf } from './pieceRoots.ts';
import { type RangeSource, keyOf, type Range } from './rangeSource.ts';
import { isProved, MAX_RANGE, proofLength } from './layerTree.ts';

/** Pieces whose blocks are examined at one time; of further ones nothing is asked. */
const MAX_WANTED = 16;
/** Peers that are asked for the same at one time. */
const COPIES = 3;
/** Milliseconds after which as many others are asked. */
export const ASK_MORE = 1_000;

interface Chunk {
  readonly range: Range;
  /** Where its hashes begin in those of the piece. */
  readonly at: number;
  /** Peers that were asked since `askedAt`. */
  asked: number;
  askedAt: number;
}

interface Examined {
  readonly index: number;
  readonly root: Uint8Array;
  readonly leaves: Uint8Array;
  readonly missing: Map<string, Chunk>;
  readonly told: (leaves: Uint8Array) => void;
}

/**
 * The hashes of the blocks of pieces that came out corrupt: which of them are asked for next, and what has come.
 * Depends on the roots of pieces, which alone are trusted. Each range is asked of several peers, as one of them may be
 * the liar that is looked for. Invariant: a piece is examined until all of its hashes are there, or it is left.
 * BEP 52.
 */
export class LeafDraft implements RangeSource {
  readonly #torrent: Torrent;
  readonly #roots: Uint8Array;
  readonly #sizes: readonly number[];
  readonly #examined = new Map<number, Examined>();
  readonly #listeners = new Set<() => void>();

  constructor(torrent: Torrent) {
    this.#torrent = torrent;
    this.#roots = rootsOf(torrent) ?? new Uint8Array();
    this.#sizes = rootedSizes(torrent);
  }

  /**
   * Begins to ask for the hashes of the blocks of piece `index`: `told` is called with all of them, 32 bytes each.
   * Returns what ends that; undefined if too many pieces are examined, or nothing can be asked.
   */
  examine(index: number, told: Examined['told']): (() => void) | undefined {
    const chunks = this.#chunksOf(index);
    if (chunks === undefined || this.#examined.size >= MAX_WANTED || this.#examined.has(index)) return undefined;
    const root = this.#roots.slice(index * HASH, (index + 1) * HASH);
    const leaves = new Uint8Array(Math.ceil(this.sizeOf(index) / BLOCK) * HASH);
    this.#examined.set(index, { index, root, leaves, missing: new Map(chunks), told });
    this.wake();
    return () => void this.#examined.delete(index);
  }

  /** Peers may be asked for what others have not given in time. */
  wake(): void {
    for (const wake of [...this.#listeners]) wake();
  }

  /** Bytes of a piece that have hashes: what follows them in a hybrid is padding. */
  sizeOf(index: number): number {
    return this.#sizes[index] as number;
  }

  next(now: number, may: (key: string, piece: number) => boolean): HashRange<'hashRequest'> | undefined {
    for (const { index, missing } of this.#examined.values())
      for (const [key, chunk] of missing) {
        if (now - chunk.askedAt >= ASK_MORE) chunk.asked = 0;
        if (chunk.asked >= COPIES || !may(key, index)) continue;
        if (chunk.asked++ === 0) chunk.askedAt = now;
        return { type: 'hashRequest', ...chunk.range };
      }
    return undefined;
  }

  released(range: Range): void {
    for (const { missing } of this.#examined.values()) {
      const chunk = missing.get(keyOf(range));
      if (chunk !== undefined) chunk.asked--;
    }
    this.wake();
  }

  received(message: HashesMessage): 'kept' | 'late' | 'wrong' {
    const { length, hashes } = message;
    if (hashes.length !== (length + proofLength(message)) * HASH) return 'wrong';
    const key = keyOf(message);
    const examined = [...this.#examined.values()].find(({ missing }) => missing.has(key));
    const chunk = examined?.missing.get(key);
    if (examined === undefined || chunk === undefined) return 'late';
    const { leaves, root, missing, told } = examined;
    const given = hashes.subarray(0, Math.min(length * HASH, leaves.length - chunk.at));
    if (!this.#isRight(message, given, root)) return 'wrong';
    leaves.set(given, chunk.at);
    missing.delete(key);
    if (missing.size > 0) return 'kept';
    this.#examined.delete(examined.index);
    told(leaves);
    return 'kept';
  }

  awaited(wake: () => void): () => void {
    this.#listeners.add(wake);
    return () => void this.#listeners.delete(wake);
  }

  check(): void {
    for (const { index, missing } of this.#examined.values())
      if (missing.size === 0) throw new RangeError(`piece ${index} is examined, and nothing of it is missing`);
    if (this.#examined.size > MAX_WANTED) throw new RangeError(`${this.#examined.size} pieces are examined`);
  }

  #isRight(message: HashesMessage, given: Uint8Array, root: Uint8Array): boolean {
    if (proofLength(message) === 0) return hasRoot(root, given, this.#torrent.pieceLength);
    return isProved(root, message, message.hashes);
  }

  /** The ranges that the blocks of a piece are asked for in; a piece of one block has no blocks to tell apart. */
  #chunksOf(index: number): readonly [string, Chunk][] | undefined {
    const { files, pieceLength } = this.#torrent;
    const [offset, blocks] = [index * pieceLength, Math.ceil(this.sizeOf(index) / BLOCK)];
    const file = files.find((each) => each.offset <= offset && offset < each.offset + each.length);
    if (file?.root === undefined || blocks < 2 || this.#roots.length === 0) return undefined;
    const full = file.length > pieceLength ? pieceLength / BLOCK : 2 ** Math.ceil(Math.log2(blocks));
    const size = Math.min(full, MAX_RANGE);
    const first = (offset - file.offset) / BLOCK;
    const proof = size < full ? Math.log2(full) - 1 : 0;
    const chunks: [string, Chunk][] = [];
    for (let at = 0; at < blocks; at += size) {
      const range = { root: file.root, base: 0, index: first + at, length: size, proof };
      chunks.push([keyOf(range), { range, at: at * HASH, asked: 0, askedAt: -Infinity }]);
    }
    return chunks;
  }
}
