import { equalIds, sha1 } from '../../protocol/encoding/id.ts';
import { BLOCK } from '../geometry.ts';

/** Corrupt pieces remembered; the oldest is forgotten. */
const MAX_PIECES = 64;
/** Corrupt copies remembered of one piece. */
const MAX_COPIES = 8;

/** A copy of a piece, and the sender of each block. */
export interface Copy<Who> {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly from: readonly Who[];
  readonly valid: boolean;
  /** The numbers of its wrong blocks, if they are known. */
  readonly wrong?: readonly number[] | undefined;
}

interface Evidence<Who> {
  readonly who: Who;
  readonly block: number;
  readonly hash: Uint8Array;
}

/**
 * Finds the peers that sent the wrong bytes of a corrupt piece, and never blames another. Depends on the sender of
 * each block of each copy, and on the hashes of the blocks of corrupt copies (20 bytes a block; the blocks themselves
 * are not kept). A peer that sent all of a corrupt copy is guilty; so is one whose block differs from the good copy's,
 * or from another block it sent itself.
 */
export class SmartBan<Who> {
  readonly #evidence = new Map<number, Evidence<Who>[][]>();

  /** Examines a checked piece; returns the peers that are proved to have sent wrong bytes. */
  examine(copy: Copy<Who>): Who[] {
    const senders = new Set(copy.from);
    if (copy.valid) return this.#compare(copy);
    if (senders.size === 1) return [...senders];
    if (copy.wrong !== undefined) return [...new Set(copy.wrong.map((block) => copy.from[block] as Who))];
    const blocks = copy.from.map((who, block) => ({ who, block, hash: sha1(blockOf(copy, block)) }));
    const copies = this.#evidence.get(copy.index) ?? [];
    const liars = new Set<Who>();
    for (const earlier of copies.flat()) {
      const again = blocks[earlier.block];
      if (again?.who === earlier.who && !equalIds(again.hash, earlier.hash)) liars.add(earlier.who);
    }
    copies.push(blocks);
    if (copies.length > MAX_COPIES) copies.shift();
    this.#evidence.set(copy.index, copies);
    if (this.#evidence.size > MAX_PIECES)
      for (const oldest of this.#evidence.keys()) if (this.#evidence.delete(oldest)) break;
    return [...liars];
  }

  #compare(good: Copy<Who>): Who[] {
    const copies = this.#evidence.get(good.index);
    if (copies === undefined) return [];
    this.#evidence.delete(good.index);
    const liars = new Set<Who>();
    const hashes = new Map<number, Uint8Array>();
    for (const { who, block, hash } of copies.flat()) {
      let right = hashes.get(block);
      if (right === undefined) hashes.set(block, (right = sha1(blockOf(good, block))));
      if (!equalIds(hash, right)) liars.add(who);
    }
    return [...liars];
  }
}

const blockOf = ({ bytes }: { readonly bytes: Uint8Array }, block: number): Uint8Array =>
  bytes.subarray(block * BLOCK, (block + 1) * BLOCK);
