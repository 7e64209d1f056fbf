/** In the place of a key that was deleted; keys are never negative. */
const GONE = -1;
const FIRST_CAPACITY = 16;

/**
 * Keys in the order in which they were added, each at most once, and when that was. Most are answered in that order,
 * and then nothing is searched or moved; those that are not have been overtaken.
 * Not a `Set`: of one with a few entries that come and go by the thousand V8 makes a new table every few hundred, and
 * each old one keeps the next from being collected. Invariants: `size` keys lie between the first and the end; the
 * first is one, if there are any; no key was added at an earlier time than the one before it.
 */
export class InFlight {
  size = 0;
  /** When the youngest of those that were answered was added. */
  latest = -Infinity;
  #youngest = -Infinity;
  #keys = new Float64Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #first = 0;
  #end = 0;
  /** Behind the one that was deleted last. */
  #next = 0;

  /** Keys, and gaps between them, for which there is room. */
  get capacity(): number {
    return this.#keys.length;
  }

  /** When the oldest was added, if there is one. */
  get oldest(): number {
    return this.#times[this.#first] as number;
  }

  /** When one was last added. */
  get youngest(): number {
    return this.#youngest;
  }

  /** The one that was added last; undefined if there is none. */
  get last(): number | undefined {
    for (let at = this.#end - 1; at >= this.#first; at--) if (this.#keys[at] !== GONE) return this.#keys[at];
    return undefined;
  }

  /** Has one been answered that was added later than the oldest? */
  get overtaken(): boolean {
    return this.size > 0 && (this.#times[this.#first] as number) < this.latest;
  }

  /** `key` is not among the others. A clock that is set back stands still here. */
  add(key: number, now = 0): void {
    if (this.#end === this.#keys.length) this.#makeRoom();
    if (now > this.#youngest) this.#youngest = now;
    this.#times[this.#end] = this.#youngest;
    this.#keys[this.#end++] = key;
    this.size++;
  }

  has(key: number): boolean {
    return this.#find(key) >= 0;
  }

  /** Its answer has come. */
  answer(key: number): boolean {
    const at = this.#find(key);
    if (at < 0) return false;
    const time = this.#times[at] as number;
    if (time > this.latest) this.latest = time;
    this.#remove(at);
    return true;
  }

  /** It is no longer waited for. */
  delete(key: number): boolean {
    const at = this.#find(key);
    if (at < 0) return false;
    this.#remove(at);
    return true;
  }

  #remove(at: number): void {
    const keys = this.#keys;
    keys[at] = GONE;
    this.size--;
    this.#next = at + 1;
    if (this.size === 0) this.#first = this.#end = this.#next = 0;
    else while (keys[this.#first] === GONE) this.#first++;
  }

  /** All of them, oldest first; or those that were added before `time`. */
  toArray(time = Infinity): number[] {
    const keys: number[] = [];
    for (let at = this.#first; at < this.#end && (this.#times[at] as number) < time; at++) {
      const key = this.#keys[at] as number;
      if (key !== GONE) keys.push(key);
    }
    return keys;
  }

  /** How many were added before `time`. */
  countBefore(time: number): number {
    let count = 0;
    for (let at = this.#first; at < this.#end && (this.#times[at] as number) < time; at++)
      if (this.#keys[at] !== GONE) count++;
    return count;
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
    const [before, times] = [this.#keys, this.#times];
    const grows = this.size * 2 > before.length;
    const keys = grows ? new Float64Array(before.length * 2) : before;
    const added = grows ? new Float64Array(before.length * 2) : times;
    let count = 0;
    for (let at = this.#first; at < this.#end; at++) {
      if (before[at] === GONE) continue;
      added[count] = times[at] as number;
      keys[count++] = before[at] as number;
    }
    this.#keys = keys;
    this.#times = added;
    this.#first = this.#next = 0;
    this.#end = count;
  }

  check(): void {
    const live = this.toArray();
    if (live.length !== this.size || new Set(live).size !== live.length)
      throw new RangeError(`${this.size} in flight, but ${live.length}`);
    if (this.size > 0 && this.#keys[this.#first] === GONE) throw new RangeError('the first one in flight is gone');
    for (let at = this.#first + 1; at < this.#end; at++) {
      if ((this.#times[at] as number) < (this.#times[at - 1] as number))
        throw new RangeError('what is in flight was added in another order');
    }
  }
}
