/**
 * `items` by their `keys` (`keys[item]` < `below`), the lowest first; items of one key stay in the order in which they
 * were. Takes time for each item and each possible key, and calls nothing: sort by what matters least first, and by
 * what matters most last.
 */
export const countingSort = (items: Uint32Array, keys: Uint8Array | Uint16Array, below: number): Uint32Array => {
  const places = new Uint32Array(below + 1);
  for (let at = 0; at < items.length; at++) (places[(keys[items[at] as number] as number) + 1] as number)++;
  for (let key = 1; key < below; key++) places[key] = (places[key] as number) + (places[key - 1] as number);
  const sorted = new Uint32Array(items.length);
  for (let at = 0; at < items.length; at++) {
    const item = items[at] as number;
    const key = keys[item] as number;
    const place = places[key] as number;
    sorted[place] = item;
    places[key] = place + 1;
  }
  return sorted;
};
