import fs from 'node:fs';
import path from 'node:path';
import { StorageError } from '../../contracts/errors.ts';
import { diskError, printable } from '../errors/diskError.ts';
import { each } from './each.ts';
import type { Done } from './insideFolder.ts';
import { LockFile } from './lockFile.ts';

/**
 * Permission to write in one or two folders: nothing is written without the locks of all, and the folders for the locks
 * may have to be created first.
 */
export class WriteAccess {
  readonly #folders: readonly string[];
  readonly #locks: readonly LockFile[] | undefined;
  readonly #before: ((done: Done<void>) => void) | undefined;
  #ready = false;
  #waiting: Done<void>[] = [];

  /** Without a name for the locks nothing may ever be written. `before` is to succeed before the first write. */
  constructor(folders: readonly string[], lock: string | undefined, before?: (done: Done<void>) => void) {
    this.#folders = folders;
    this.#before = before;
    this.#locks = lock === undefined ? undefined : folders.map((folder) => new LockFile(path.join(folder, lock)));
  }

  /**
   * Takes the locks if possible. Errors only if another process has one: a folder without write access can still be
   * read.
   */
  try(done: Done<void>): void {
    const locks = this.#locks;
    if (!locks) return done(null);
    each(
      locks.length,
      1,
      (nth, next) => locks[nth]?.take(next),
      (error) => {
        this.#ready = error === null && !this.#before;
        done(error instanceof StorageError ? error : null);
      },
    );
  }

  /** Calls back when writing is allowed; creates the folders if necessary. */
  ask(done: Done<void>): void {
    if (this.#ready) return done(null);
    const locks = this.#locks;
    if (!locks)
      return done(new StorageError('denied', `${printable(this.#folders[0] ?? '')} is opened for reading only`));
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    const take = (nth: number, next: Done<void>): void => {
      const folder = this.#folders[nth] as string;
      const taken: Done<void> = (error) => next(error && diskError('write to', folder, error));
      fs.mkdir(folder, { recursive: true }, (error) => (error ? taken(error) : locks[nth]?.take(taken)));
    };
    const ended: Done<void> = (error) => {
      this.#ready = error === null;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wait of waiting) wait(error);
    };
    each(locks.length, 1, take, (error) => (error || !this.#before ? ended(error) : this.#before(ended)));
  }

  /** Must be called as soon as it is known that the locks will be released. */
  releasing(): void {
    for (const lock of this.#locks ?? []) lock.releasing();
  }

  release(): void {
    for (const lock of this.#locks ?? []) lock.release(() => {});
  }
}
