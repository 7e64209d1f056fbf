import fs from 'node:fs';
import { StorageError } from '../../contracts/errors.ts';
import { diskError, printable } from '../errors/diskError.ts';
import type { Done } from './insideFolder.ts';
import type { LockFile } from './lockFile.ts';

/**
 * Leave to write in a folder: nothing is written without the lock, and the folder that holds the lock may have to be
 * made first.
 */
export class WriteAccess {
  readonly #folder: string;
  readonly #lock: LockFile | undefined;
  #ready = false;
  #waiting: Done<void>[] = [];

  /** Without a lock nothing may be written at all. */
  constructor(folder: string, lock: LockFile | undefined) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Takes the lock if it can be had now. Errors only if another process has it: a folder that can't be written to may
   * still be read.
   */
  try(done: Done<void>): void {
    if (!this.#lock) return done(null);
    this.#lock.take((error) => {
      this.#ready = error === null;
      done(error instanceof StorageError ? error : null);
    });
  }

  /** Calls back when it may be written, the folder made if need be. */
  ask(done: Done<void>): void {
    if (this.#ready) return done(null);
    const lock = this.#lock;
    if (!lock)
      return done(new StorageError('denied', `${printable(this.#folder)} is only read here, and never written to`));
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
