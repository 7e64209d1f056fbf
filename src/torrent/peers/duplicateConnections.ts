interface Connection {
  readonly id: Uint8Array;
  /** They have called us if there is a `wire$`. */
  readonly address: { readonly wire$?: unknown };
}

/** The connections with the same peer among `members` that come before `newer`, if that is one of them. */
export const duplicatesOf = <C extends Connection>(newer: C, members: Iterable<C>): readonly C[] => {
  const twins: C[] = [];
  for (const member of members) {
    if (member === newer) break;
    if (compare(member.id, newer.id) === 0) twins.push(member);
  }
  return twins;
};

/**
 * Of two connections with one peer, the one to close. Both sides come to the same result, no matter which sees it
 * first: the older one stays if both were made by the same side; else the one that was made by the side with the
 * greater id.
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
