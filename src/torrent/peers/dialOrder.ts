/** The order of dialling by source: the user knows best, and a peer that has called is certainly there. */
export const PREFERENCE: Readonly<Record<string, number>> = {
  manual: 0,
  incoming: 1,
  tracker: 2,
  lsd: 2,
  pex: 3,
  dht: 3,
};

interface Dialable {
  readonly address: { readonly source?: string };
  readonly failures: number;
  readonly useful: boolean;
  readonly priority: number;
}

/** Is `one` dialled before `other`? */
export const isBefore = (one: Dialable, other: Dialable): boolean => {
  if (one.useful !== other.useful) return one.useful;
  if (one.failures !== other.failures) return one.failures < other.failures;
  const [first, second] = [preferenceOf(one.address), preferenceOf(other.address)];
  return first === second ? one.priority > other.priority : first < second;
};

/** The address to dial first among those that `may` be dialled. */
export const firstOf = <Entry extends Dialable>(
  waiting: Iterable<Entry>,
  may: (entry: Entry) => boolean,
): Entry | undefined => {
  let first: Entry | undefined;
  for (const entry of waiting) if ((first === undefined || isBefore(entry, first)) && may(entry)) first = entry;
  return first;
};

const preferenceOf = ({ source = '' }: Dialable['address']): number => PREFERENCE[source] ?? Infinity;
