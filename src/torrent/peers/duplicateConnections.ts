interface Connection {
  readonly id: Uint8Array;
  /** There is a `wire$` if the peer has called us. */
  readonly address: { readonly wire$?: unknown };
}

/** The older connections with the same peer: those among `members` that come before `newer`, if it is a member. */
export const duplicatesOf = <C extends Connection>(newer: C, members: Iterable<C>): readonly C[] => {
  const twins: C[] = [];
  for (const member of members) {
    if (member === newer) break;
    if (compare(member.id, newer.id) === 0) twins.push(member);
  }
  return twins;
};

/**
 * Chooses which of two connections with one peer is closed. Both sides come to the same result, whichever notices it
 * first: the older one stays if the same side made both; otherwise the one that was made by the side with the greater
 * peer id.
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
