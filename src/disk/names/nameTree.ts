import { numbered } from './safeName.ts';
import type { System } from './system.ts';

/**
 * The names already used in one folder of the disk, folded, as the system takes some for the same. Invariant: each
 * folder that stands for one of the torrent is an entry under its name.
 */
export class NameTree {
  readonly #system: System;
  /** By folded name: a folder, or `undefined` for a file. */
  readonly #entries = new Map<string, NameTree | undefined>();
  /** By the folded name in the torrent: the folder that stands for it, and its name on disk. */
  readonly #folders = new Map<string, readonly [name: string, folder: NameTree]>();
  /** Where numbering continues: otherwise a torrent with many equal names would take hours. */
  readonly #numbers = new Map<string, number>();

  constructor(system: System) {
    this.#system = system;
  }

  /** Adds a file; returns its names, renamed where they were taken. */
  place(names: readonly string[]): string[] {
    const [name = '_', ...below] = names;
    if (below.length > 0) {
      const [as, inner] = this.#enter(name);
      return [as, ...inner.place(below)];
    }
    const last = this.#unused(name);
    this.#entries.set(this.#system.fold(last), undefined);
    return [last];
  }

  /**
   * Adds a file under exactly these names, unless one of them stands for another file, or for a folder where a file is
   * needed.
   */
  claim(names: readonly string[]): boolean {
    const [name = '_', ...below] = names;
    const key = this.#system.fold(name);
    const taken = this.#entries.has(key);
    if (below.length === 0) {
      if (!taken) this.#entries.set(key, undefined);
      return !taken;
    }
    const folder = taken ? this.#entries.get(key) : new NameTree(this.#system);
    if (!folder?.claim(below)) return false;
    this.#entries.set(key, folder);
    return true;
  }

  #enter(name: string): readonly [name: string, folder: NameTree] {
    const key = this.#system.fold(name);
    const known = this.#folders.get(key);
    if (known) return known;
    const as = this.#unused(name);
    const entered = [as, new NameTree(this.#system)] as const;
    this.#entries.set(this.#system.fold(as), entered[1]);
    this.#folders.set(key, entered);
    // The new name leads here, too, so that paths that are already safe stay as they are.
    this.#folders.set(this.#system.fold(as), entered);
    return entered;
  }

  #unused(name: string): string {
    const key = this.#system.fold(name);
    if (!this.#entries.has(key)) return name;
    for (let number = this.#numbers.get(key) ?? 1; ; number++) {
      const candidate = numbered(name, number, this.#system);
      if (this.#entries.has(this.#system.fold(candidate))) continue;
      this.#numbers.set(key, number + 1);
      return candidate;
    }
  }

  check(): void {
    for (const [name, folder] of this.#folders.values())
      if (this.#entries.get(this.#system.fold(name)) !== folder)
        throw new RangeError(`${name} is not where it was put`);
    for (const folder of this.#entries.values()) folder?.check();
  }
}
