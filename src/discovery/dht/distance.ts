import { compareDistance, ID_LENGTH } from '../../protocol/encoding/id.ts';

/** The number of leading bits that two ids have in common, 0 to 160. */
export const commonBits = (a: Uint8Array, b: Uint8Array): number => {
  for (let at = 0; at < ID_LENGTH; at++) {
    const difference = (a[at] ?? 0) ^ (b[at] ?? 0);
    if (difference !== 0) return at * 8 + Math.clz32(difference) - 24;
  }
  return ID_LENGTH * 8;
};

/** Sorts nodes in place, the nearest to `target` first. */
export const nearestFirst = <N extends { readonly id: Uint8Array }>(target: Uint8Array, nodes: N[]): N[] =>
  nodes.sort((a, b) => compareDistance(target, a.id, b.id));

/** Changes `random` so that it has exactly `bits` leading bits in common with `id`, or at least as many if `open`. */
export const idNear = (id: Uint8Array, bits: number, random: Uint8Array, open = false): Uint8Array => {
  const near = new Uint8Array(random.subarray(0, ID_LENGTH));
  for (let bit = 0; bit < Math.min(ID_LENGTH * 8, open ? bits : bits + 1); bit++) {
    const mask = 0x80 >> (bit & 7);
    const theirs = (id[bit >> 3] ?? 0) & mask;
    const value = bit === bits ? theirs ^ mask : theirs;
    near[bit >> 3] = ((near[bit >> 3] ?? 0) & ~mask) | value;
  }
  return near;
};
