interface Connection {
  readonly id: Uint8Array;
  /** They have called us if there is a `wire$`. */
  readonly address: { readonly wire$?: unknown };
}

/** The connection that there is with the same peer already. */
export const twinOf = <C extends Connection>(newer: C, others: Iterable<C>): C | undefined => {
  for (const other of others) if (other !== newer && compare(other.id, newer.id) === 0) return other;
  return undefined;
};

/**
 * Of two connections with one peer, the one to close. Both sides come to the same result, whoever sees it first: the older one stays
 * if both were made by the same side; else the one that was made by the side with the greater id.
 */
export const superfluous = <C extends Connection>(us: Uint8Array, older: C, newer: C): C => {
  const [theirs, ours] = older.address.wire$ === undefined ? [newer, older] : [older, newer];
  if ((older.address.wire$ === undefined) === (newer.address.wire$ === undefined)) return newer;
  return compare(us, newer.id) > 0 ? theirs : ours;
};

const compare = (one: Uint8Array, other: Uint8Array): number => {
  for (let at = 0; at < one.length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};
