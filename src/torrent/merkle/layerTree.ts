import { equalIds, sha256 } from '../../protocol/encoding/id.ts';
import { HASH, hashPairs, padOf } from '../metainfo/merkle.ts';

/** Hashes that are asked for at one time, at most: as many as BEP 52 recommends. */
export const MAX_RANGE = 512;

/** A range of one layer, which is a whole subtree. */
export interface LayerRange {
  readonly index: number;
  readonly length: number;
  /** Layers above, up to which the range is to be proved. */
  readonly proof: number;
}

/** May it be asked for at one time, and is it under one hash? */
export const isSubtree = ({ index, length }: Pick<LayerRange, 'index' | 'length'>): boolean =>
  length >= 2 && length <= MAX_RANGE && Number.isInteger(Math.log2(length)) && index % length === 0;

const parentOf = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Buffer.concat([left, right]));

/** How many hashes a proof has: the first layers above a range follow from it. */
export const proofLength = ({ length, proof }: LayerRange): number => Math.max(0, proof - Math.log2(length) + 1);

/**
 * The tree over the hashes of the pieces of one file, which others ask for parts of. Depends on the layer being right.
 * BEP 52.
 */
export class LayerTree {
  readonly #rows: readonly Uint8Array[];

  /** `levels` are those of the tree below each of `layer`. */
  constructor(layer: Uint8Array, levels: number) {
    const width = 2 ** Math.ceil(Math.log2(layer.length / HASH));
    const first = new Uint8Array(width * HASH);
    first.set(layer);
    const pad = padOf(levels);
    for (let at = layer.length; at < first.length; at += HASH) first.set(pad, at);
    const rows = [first];
    for (let row = first; row.length > HASH; rows.push(row)) {
      const above = new Uint8Array(row.length / 2);
      hashPairs(row, above);
      row = above;
    }
    this.#rows = rows;
  }

  /** The hashes of a range, and what proves them; undefined for what there is not, or is not given. */
  range({ index, length, proof }: LayerRange): Uint8Array | undefined {
    const width = (this.#rows[0] as Uint8Array).length / HASH;
    if (!isSubtree({ index, length }) || index + length > width || proof >= this.#rows.length - 1) return undefined;
    const own = (this.#rows[0] as Uint8Array).subarray(index * HASH, (index + length) * HASH);
    return new Uint8Array(Buffer.concat([own, ...this.uncles(index, Math.log2(length), proof)]));
  }

  /** How many levels there are above the first. */
  get levels(): number {
    return this.#rows.length - 1;
  }

  /** What stands beside the way up from hash number `index`, from level `first` to level `last`. */
  uncles(index: number, first: number, last: number): readonly Uint8Array[] {
    const uncles: Uint8Array[] = [];
    for (let level = first; level <= last; level++) {
      const sibling = (Math.floor(index / 2 ** level) ^ 1) * HASH;
      uncles.push((this.#rows[level] as Uint8Array).subarray(sibling, sibling + HASH));
    }
    return uncles;
  }
}

/** Does `root` follow from the hashes of a range, and from those that prove them? */
export const isProved = (root: Uint8Array, { index, length }: LayerRange, hashes: Uint8Array): boolean => {
  let row = hashes.slice(0, length * HASH);
  while (row.length > HASH) {
    const above = new Uint8Array(row.length / 2);
    hashPairs(row, above);
    row = above;
  }
  let node: Uint8Array = row;
  let at = index / length;
  for (let from = length * HASH; from < hashes.length; from += HASH, at = Math.floor(at / 2)) {
    const uncle = hashes.subarray(from, from + HASH);
    node = at % 2 === 0 ? parentOf(node, uncle) : parentOf(uncle, node);
  }
  return equalIds(node, root);
};
