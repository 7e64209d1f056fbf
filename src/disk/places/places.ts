import fs from 'node:fs';
import path from 'node:path';
import type { Target } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { each } from '../files/each.ts';
import type { Done } from '../files/insideFolder.ts';
import { safePaths } from '../names/safePath.ts';
import { MAX_NAME } from '../names/system.ts';
import { truePaths } from '../names/truePath.ts';

/** Files that are looked for at the same time. */
const AT_ONCE = 8;
/** What other clients put after the name of a file that they have begun. */
const ENDINGS = ['.part', '.!qB', '.!ut', '.bc!'];

/** Where a file may be; `last`: where it is in the end, or in the folder for that. */
interface Candidate {
  readonly path: string;
  readonly last: boolean;
  /** It has this name only until all is there. */
  readonly half?: boolean;
}

/**
 * Where each file of a torrent is, and where it is to be when all is there: in another folder, under another name,
 * without a suffix. Depends on what is on disk when `find` is called. Invariant: no two files of the torrent have one
 * place, now or then.
 */
export class Places {
  /** Where each file is, or will be written to; '' for padding. */
  readonly paths: string[];
  /** Where it is in the end. */
  readonly lasting: string[];
  readonly root: string;
  /** The folder where files are in the end. */
  readonly lastRoot: string;
  readonly #torrent: Torrent;
  readonly #target: Target;
  /** Files that are in `lastRoot`. */
  readonly #settled = new Set<number>();

  constructor(torrent: Torrent, target: Target) {
    const { folder, moveTo = folder, suffix = '' } = target;
    this.#torrent = torrent;
    this.#target = target;
    this.root = path.resolve(folder);
    this.lastRoot = path.resolve(moveTo);
    this.lasting = safePaths(torrent, { ...target, folder: moveTo });
    const here = moveTo === folder ? this.lasting : safePaths(torrent, target);
    const taken = new Set(here);
    this.paths = here.map((file) => (file === '' ? '' : suffixed(file, suffix, taken)));
  }

  /** The folder that file number `file` is in: nothing of it may be outside. */
  readonly rootOf = (file: number): string => (this.#settled.has(file) ? this.lastRoot : this.root);

  /** Is all of it where it stays? */
  isLasting(file: number): boolean {
    return this.paths[file] === this.lasting[file];
  }

  /** File number `file` is where it stays. */
  moved(file: number): void {
    this.paths[file] = this.lasting[file] as string;
    this.#settled.add(file);
  }

  /** Finds the files that are there, in the first of the places where each may be. */
  find(done: () => void): void {
    const candidates = this.#candidates();
    const look = (file: number, next: Done<void>): void => this.#look(file, candidates[file] ?? [], next);
    each(candidates.length, AT_ONCE, look, () => done());
  }

  check(): void {
    for (const paths of [this.paths, this.lasting]) {
      const there = paths.filter((path) => path !== '');
      if (new Set(there).size < there.length) throw new RangeError('two files have one place');
    }
  }

  #look(file: number, [first, ...more]: readonly Candidate[], next: Done<void>, alone = more.length === 0): void {
    // Nothing is asked of the disk where there is only one place.
    if (first === undefined || alone) return next(null);
    isFile(first.path, (there) => {
      if (!there) return this.#look(file, more, next, false);
      this.#found(file, first);
      next(null);
    });
  }

  #found(file: number, { path, last, half = false }: Candidate): void {
    this.paths[file] = path;
    if (!last) return;
    this.#settled.add(file);
    // A name that another client has used is kept, unless the user wants another one.
    if (!half && this.#target.names?.[file] === undefined) this.lasting[file] = path;
  }

  /** For each file the places where it may be, the likeliest first. */
  #candidates(): readonly (readonly Candidate[])[] {
    const { names, adopt = false, ...plain } = this.#target;
    const roots = [this.lastRoot, ...(this.root === this.lastRoot ? [] : [this.root])];
    const named = roots.map((folder) =>
      folder === this.lastRoot ? this.lasting : safePaths(this.#torrent, { ...this.#target, folder }),
    );
    // Under its own name where the user has chosen another, and under what it is called where it is not safe.
    const old = names === undefined ? [] : roots.map((folder) => safePaths(this.#torrent, { ...plain, folder }));
    const others = roots.map((folder) => truePaths(this.#torrent, { ...plain, folder }));
    const taken = new Set(adopt ? [...this.paths, ...named.flat()] : []);
    return this.#torrent.files.map(({ padding }, file) => {
      if (padding) return [];
      const here = this.root === this.lastRoot;
      const found: Candidate[] = [{ path: this.paths[file] as string, last: here, half: !this.isLasting(file) }];
      const add = (path: string | undefined, last: boolean, half?: boolean): void => {
        if (path === undefined || path === '' || found.some((known) => known.path === path)) return;
        found.push({ path, last, ...(half && { half }) });
      };
      for (const [at, root] of roots.entries())
        for (const paths of [named, others, old]) add(paths[at]?.[file], root === this.lastRoot);
      if (adopt)
        for (const { path, last } of [...found])
          for (const ending of ENDINGS) if (!taken.has(path + ending)) add(path + ending, last, true);
      return found;
    });
  }
}

/** With the suffix, unless that is the place of another file, or too long for a name. */
const suffixed = (file: string, suffix: string, taken: ReadonlySet<string>): string => {
  const fits = Buffer.byteLength(path.basename(file)) + suffix.length <= MAX_NAME;
  return suffix !== '' && fits && !taken.has(file + suffix) ? file + suffix : file;
};

const isFile = (name: string, done: (there: boolean) => void): void =>
  fs.lstat(name, (missing, stat) => done(!missing && stat.isFile()));
