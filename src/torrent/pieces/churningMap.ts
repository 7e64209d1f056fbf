/** Entries that may leave before the rest moves to a new table, beside as many as are there. */
const TURNOVER = 256;

/**
 * A `Map` whose entries come and go by the thousand while few are there at one time. V8 makes a `Map` a new table every
 * so often, and each old one keeps the next from being collected, with all that was ever in them, until a full
 * collection; a new `Map` now and then does not. Code that iterates may delete the entry at hand.
 */
export class ChurningMap<Key, Value> {
  #map = new Map<Key, Value>();
  #left = 0;

  get size(): number {
    return this.#map.size;
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    if (!this.#map.delete(key)) return false;
    if (++this.#left > TURNOVER + this.#map.size) {
      this.#map = new Map(this.#map);
      this.#left = 0;
    }
    return true;
  }

  keys(): MapIterator<Key> {
    return this.#map.keys();
  }

  values(): MapIterator<Value> {
    return this.#map.values();
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries();
  }
}
