import fs from 'node:fs';
import { StorageError } from '../../contracts/errors.ts';
import { diskError, printable } from '../errors/diskError.ts';
import type { Done } from './insideFolder.ts';
import type { LockFile } from './lockFile.ts';

/**
 * Permission to write in a folder: nothing is written without the lock, and the folder for the lock may have to be
 * created first.
 */
export class WriteAccess {
  readonly #folder: string;
  readonly #lock: LockFile | undefined;
  #ready = false;
  #waiting: Done<void>[] = [];

  /** Without a lock nothing may ever be written. */
  constructor(folder: string, lock: LockFile | undefined) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Takes the lock if possible. Errors only if another process has it: a folder without write access can still be read.
   */
  try(done: Done<void>): void {
    if (!this.#lock) return done(null);
    this.#lock.take((error) => {
      this.#ready = error === null;
      done(error instanceof StorageError ? error : null);
    });
  }

  /** Calls back when writing is allowed; creates the folder if necessary. */
  ask(done: Done<void>): void {
    if (this.#ready) return done(null);
    const lock = this.#lock;
    if (!lock) return done(new StorageError('denied', `${printable(this.#folder)} is opened for reading only`));
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    const ended = (error: Error | null): void => {
      this.#ready = error === null;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wait of waiting) wait(error && diskError('write to', this.#folder, error));
    };
    fs.mkdir(this.#folder, { recursive: true }, (error) => (error ? ended(error) : lock.take(ended)));
  }
}
