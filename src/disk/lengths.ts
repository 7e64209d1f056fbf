import fs from 'node:fs';
import { StorageError } from '../errors.ts';
import { printable } from './diskError.ts';
import { each } from './each.ts';
import type { Done } from './insideFolder.ts';

/** Files looked at, at one time. */
const AT_ONCE = 8;

/** Which files are there at their final lengths, and which once were. Invariant: who has had its length keeps it, or somebody else has been at it. */
export class Lengths {
  readonly #paths: readonly string[];
  readonly #lengthOf: (file: number) => number | undefined;
  readonly #made = new Set<number>();

  /** '' among `paths` is for what is never on disk. */
  constructor(paths: readonly string[], lengthOf: (file: number) => number | undefined) {
    this.#paths = paths;
    this.#lengthOf = lengthOf;
  }

  /** `file` has its length now. */
  made(file: number): void {
    this.#made.add(file);
  }

  /** Those of the `wanted` files that are not as long as they will be. Errors with `missing` when one of them was. */
  lacking(wanted: (file: number) => boolean, done: Done<readonly number[]>): void {
    const lacking: number[] = [];
    const look = (file: number, next: Done<void>): void => {
      const path = this.#paths[file] as string;
      if (path === '' || !wanted(file)) return next(null);
      fs.lstat(path, (error, stat) => {
        if (!error && stat.isFile() && stat.size === this.#lengthOf(file)) this.made(file);
        else if (this.#made.has(file)) return next(gone(path));
        else lacking.push(file);
        next(null);
      });
    };
    each(this.#paths.length, AT_ONCE, look, (error) => done(error, lacking));
  }
}

const gone = (path: string): StorageError =>
  new StorageError(
    'missing',
    `${printable(path)} is not there any more, or not as long as it was: somebody deleted, moved or cut it meanwhile; download again to fetch what is missing`,
  );
