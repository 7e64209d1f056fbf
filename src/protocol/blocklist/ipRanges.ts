import { meantIp } from '../encoding/reach.ts';
import { RangeTable, type Words } from './rangeTable.ts';

/** Ranges while they are read: the memory grows by doubling. */
class Growing {
  readonly #words: Words;
  #starts: Uint32Array;
  #ends: Uint32Array;
  #length = 0;

  constructor(words: Words) {
    this.#words = words;
    this.#starts = new Uint32Array(words * 64);
    this.#ends = new Uint32Array(words * 64);
  }

  add(start: Uint8Array, end: Uint8Array): void {
    if (this.#length === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    for (let word = 0; word < this.#words; word++) {
      this.#starts[this.#length] = wordAt(start, word * 4);
      this.#ends[this.#length] = wordAt(end, word * 4);
      this.#length++;
    }
  }

  table(): RangeTable {
    return new RangeTable(this.#words, this.#starts.subarray(0, this.#length), this.#ends.subarray(0, this.#length));
  }
}

const grown = (words: Uint32Array): Uint32Array => {
  const more = new Uint32Array(words.length * 2);
  more.set(words);
  return more;
};

const wordAt = (ip: Uint8Array, at: number): number =>
  ((ip[at] ?? 0) << 24) | ((ip[at + 1] ?? 0) << 16) | ((ip[at + 2] ?? 0) << 8) | (ip[at + 3] ?? 0);

/** Ranges of IPv4 and IPv6 addresses. Never changes. */
export class IpRanges {
  readonly #four: RangeTable;
  readonly #six: RangeTable;

  private constructor(four: RangeTable, six: RangeTable) {
    this.#four = four;
    this.#six = six;
  }

  /** Begins with none: `add` takes ranges, the first and the last address as bytes, and `done` makes the whole. */
  static begin(): { readonly add: (start: Uint8Array, end: Uint8Array) => void; readonly done: () => IpRanges } {
    const [four, six] = [new Growing(1), new Growing(4)];
    return {
      add: (start, end) => (start.length === 4 ? four : six).add(start, end),
      done: () => new IpRanges(four.table(), six.table()),
    };
  }

  /** How many ranges there are, when those that overlap count as one. */
  get size(): number {
    return this.#four.size + this.#six.size;
  }

  /**
   * Is this IP address in one of the ranges? A mapped or NAT64 address is judged as the IPv4 address that it stands
   * for. False for a name.
   */
  has(host: string): boolean {
    const ip = meantIp(host);
    return ip !== undefined && (ip.length === 4 ? this.#four : this.#six).has(ip);
  }

  check(): void {
    this.#four.check();
    this.#six.check();
  }
}
