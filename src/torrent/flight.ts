/** In the place of a key that was deleted; keys are never negative. */
const GONE = -1;
const FIRST_CAPACITY = 16;

/**
 * Keys in the order in which they were added, each at most once. Most are deleted in that order, and then nothing is searched or moved.
 * Not a `Set`: of one with a few entries that come and go by the thousand V8 makes a new table every few hundred, and each old one keeps the next
 * from being collected. Invariants: `size` keys lie between the first and the end; the first is one, if there are any.
 */
export class Flight {
  size = 0;
  #keys = new Float64Array(FIRST_CAPACITY);
  #first = 0;
  #end = 0;
  /** Behind the one that was deleted last. */
  #next = 0;

  /** Keys, and gaps between them, for which there is room. */
  get capacity(): number {
    return this.#keys.length;
  }

  /** `key` is not among them. */
  add(key: number): void {
    if (this.#end === this.#keys.length) this.#makeRoom();
    this.#keys[this.#end++] = key;
    this.size++;
  }

  has(key: number): boolean {
    return this.#find(key) >= 0;
  }

  delete(key: number): boolean {
    const at = this.#find(key);
    if (at < 0) return false;
    const keys = this.#keys;
    keys[at] = GONE;
    this.size--;
    this.#next = at + 1;
    if (this.size === 0) this.#first = this.#end = this.#next = 0;
    else while (keys[this.#first] === GONE) this.#first++;
    return true;
  }

  /** All of them, oldest first. */
  toArray(): number[] {
    return [...this.#keys.subarray(this.#first, this.#end)].filter((key) => key !== GONE);
  }

  clear(): void {
    this.size = this.#first = this.#end = this.#next = 0;
  }

  #find(key: number): number {
    const keys = this.#keys;
    const end = this.#end;
    const next = this.#next;
    for (let at = next; at < end; at++) if (keys[at] === key) return at;
    for (let at = this.#first; at < next; at++) if (keys[at] === key) return at;
    return -1;
  }

  /** What is left moves to the front, without gaps; into twice the memory when that is not half of it. */
  #makeRoom(): void {
    const before = this.#keys;
    const keys = this.size * 2 > before.length ? new Float64Array(before.length * 2) : before;
    let count = 0;
    for (let at = this.#first; at < this.#end; at++) if (before[at] !== GONE) keys[count++] = before[at] as number;
    this.#keys = keys;
    this.#first = this.#next = 0;
    this.#end = count;
  }

  check(): void {
    const live = this.toArray();
    if (live.length !== this.size || new Set(live).size !== live.length) throw new RangeError(`${this.size} in flight, but ${live.length}`);
    if (this.size > 0 && this.#keys[this.#first] === GONE) throw new RangeError('the first one in flight is gone');
  }
}
