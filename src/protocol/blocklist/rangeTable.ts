/** The words of 32 bits of an IPv4 address, and of an IPv6 address. */
export type Words = 1 | 4;

const compare = (one: Uint32Array, at: number, other: Uint32Array, from: number, words: Words): number => {
  for (let word = 0; word < words; word++) {
    const difference = (one[at + word] ?? 0) - (other[from + word] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** The order in which ranges are sorted: as they are, if they are sorted already, as nearly all lists are. */
const sorted = (starts: Uint32Array, words: Words): Uint32Array => {
  const order = Uint32Array.from({ length: starts.length / words }, (_, at) => at);
  const isOrdered = order.every((at) => at === 0 || compare(starts, (at - 1) * words, starts, at * words, words) <= 0);
  if (!isOrdered) order.sort((a, b) => compare(starts, a * words, starts, b * words, words));
  return order;
};

/**
 * Ranges of addresses of one family, as words of 32 bits. Depends on nothing, and never changes. Invariant: ranges are
 * sorted and do not overlap, so that the one that may contain an address is found by halving.
 */
export class RangeTable {
  readonly words: Words;
  readonly size: number;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #asked = new Uint32Array(4);

  /** Ranges from `starts` to `ends`, both included, in any order. */
  constructor(words: Words, starts: Uint32Array, ends: Uint32Array) {
    this.words = words;
    this.#starts = new Uint32Array(starts.length);
    this.#ends = new Uint32Array(starts.length);
    let size = 0;
    for (const each of sorted(starts, words)) {
      const from = each * words;
      const last = (size - 1) * words;
      if (size > 0 && compare(starts, from, this.#ends, last, words) <= 0) {
        if (compare(ends, from, this.#ends, last, words) > 0) this.#copy(this.#ends, last, ends, from);
        continue;
      }
      this.#copy(this.#starts, size * words, starts, from);
      this.#copy(this.#ends, size * words, ends, from);
      size++;
    }
    this.size = size;
  }

  /** Is an address, given by its bytes, in one of the ranges? */
  has(ip: Uint8Array): boolean {
    const { words } = this;
    for (let word = 0; word < words; word++) {
      const at = word * 4;
      this.#asked[word] =
        ((ip[at] ?? 0) << 24) | ((ip[at + 1] ?? 0) << 16) | ((ip[at + 2] ?? 0) << 8) | (ip[at + 3] ?? 0);
    }
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#starts, middle * words, this.#asked, 0, words) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compare(this.#asked, 0, this.#ends, (low - 1) * words, words) <= 0;
  }

  #copy(to: Uint32Array, at: number, from: Uint32Array, start: number): void {
    for (let word = 0; word < this.words; word++) to[at + word] = from[start + word] ?? 0;
  }

  check(): void {
    const { words } = this;
    for (let at = 0; at < this.size; at++) {
      if (compare(this.#starts, at * words, this.#ends, at * words, words) > 0)
        throw new RangeError(`range ${at} ends before it begins`);
      if (at > 0 && compare(this.#ends, (at - 1) * words, this.#starts, at * words, words) >= 0)
        throw new RangeError(`range ${at} begins within the one before it`);
    }
  }
}
