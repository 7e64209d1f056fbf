import { concat, count, defer, EMPTY, filter, from, ignoreElements, map, mergeMap, type Observable } from 'rxjs';
import type { Family, Reply } from '../../protocol/dht/krpc.ts';
import { type DhtItem, isSound, itemTarget } from '../../protocol/dht/item.ts';
import { equalIds } from '../../protocol/encoding/id.ts';
import type { FamilyNode } from './familyNode.ts';
import { Lookup } from './lookup.ts';
import { runLookup } from './runLookup.ts';

export interface ItemLookupOptions {
  readonly want: readonly Family[];
  /** Of the item that is looked for: no answer tells it. */
  readonly salt?: Uint8Array | undefined;
}

const salted = ({ value, signed }: DhtItem, salt: Uint8Array | undefined): DhtItem =>
  signed === undefined || salt === undefined
    ? { value, ...(signed && { signed }) }
    : { value, signed: { ...signed, salt } };

const looking = (side: FamilyNode, target: Uint8Array): Lookup => {
  const lookup = new Lookup(target, side.table.id);
  lookup.add(side.table.starts(target));
  return lookup;
};

/** Each item at `target` that a node has, if it is sound: all others are ignored. Completes; never errors. BEP 44. */
export const itemsAt = (
  side: FamilyNode,
  target: Uint8Array,
  { want, salt }: ItemLookupOptions,
): Observable<DhtItem> => {
  const sound = ({ item }: Reply): readonly DhtItem[] => {
    const found = item && salted(item, salt);
    return found !== undefined && equalIds(itemTarget(found), target) && isSound(found) ? [found] : [];
  };
  return side.ready$.pipe(
    mergeMap(() => runLookup(side, looking(side, target), { method: 'get', target, want })),
    mergeMap(sound),
  );
};

/**
 * Puts an item on the nodes that are nearest to its target, and emits how many have taken it. With `cas` a node that
 * has another version refuses it.
 */
export const putAt = (
  side: FamilyNode,
  item: DhtItem,
  { want, cas }: { readonly want: readonly Family[]; readonly cas?: number | undefined },
): Observable<number> => {
  const target = itemTarget(item);
  const putting = (lookup: Lookup): Observable<number> =>
    from(lookup.closest()).pipe(
      mergeMap(({ node, token }) =>
        token === undefined ? EMPTY : side.ask(node, { method: 'put', token, item, ...(cas !== undefined && { cas }) }),
      ),
      filter((reply) => reply !== 'slow'),
      count(),
    );
  return side.ready$.pipe(
    map(() => looking(side, target)),
    mergeMap((lookup) =>
      concat(
        runLookup(side, lookup, { method: 'get', target, want }).pipe(ignoreElements()),
        defer(() => putting(lookup)),
      ),
    ),
  );
};
