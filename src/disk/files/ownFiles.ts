import fs from 'node:fs';
import { StorageError } from '../../contracts/errors.ts';
import { IN_THE_WAY } from '../../torrent/metainfo/occupied.ts';
import { diskError, printable } from '../errors/diskError.ts';
import type { Reserve } from '../places/allocate.ts';
import type { Done } from './insideFolder.ts';

/** A file that is being written. */
interface Own {
  /** The file's inode, which stays the same whatever its name. */
  readonly ino: number;
  /** Pending writes of ours, and the number of all that ever began. */
  writing: number;
  begun: number;
  /** Modification time after our last write; undefined while a write is pending. */
  mtime: number | undefined;
}

/** How a file is given its length at its first write. */
interface Sizing {
  /** Where the bytes end that it keeps. */
  readonly from: number;
  readonly length: number;
  /** It has the length already. */
  readonly sized: boolean;
  readonly replaced: boolean;
}

/**
 * The files that we write to, from the first write on: sets the length of each at that time, and notices if another
 * program has replaced, cut or changed it since. Invariants: no two of them are the same file on disk; the length of a
 * file is changed only at its first write, and it is shortened only if it may be replaced.
 */
export class OwnFiles {
  readonly #paths: readonly string[];
  readonly #lengthOf: (file: number) => number;
  readonly #own = new Map<number, Own>();
  /** Our files by their inodes. */
  readonly #byInode = new Map<number, number>();
  readonly #preparing = new Map<number, Done<void>[]>();
  readonly #replaced = new Set<number>();
  readonly #doubted = new Set<number>();

  readonly #force: boolean;
  readonly #reserve: Reserve | undefined;

  /** With `force` a file that is too long is cut at its first write; `reserve` takes room for all of it then. */
  constructor(paths: readonly string[], lengthOf: (file: number) => number, force: boolean, reserve?: Reserve) {
    this.#paths = paths;
    this.#lengthOf = lengthOf;
    this.#force = force;
    this.#reserve = reserve;
  }

  /** The content of `files` is discarded at their first write. */
  replace(files: readonly number[]): void {
    for (const file of files) this.#replaced.add(file);
  }

  /** It is no longer at the place where it was written: what comes later is another file. */
  forget(file: number): void {
    const own = this.#own.get(file);
    if (own === undefined) return;
    this.#own.delete(file);
    this.#byInode.delete(own.ino);
  }

  /** Files that another program has changed while we were writing them. */
  get doubted(): readonly number[] {
    return [...this.#doubted];
  }

  /** Must be called before each write, and `ended` after it. Errors if the file is no longer ours. */
  begin(file: number, fd: number, done: Done<void>): void {
    const own = this.#own.get(file);
    if (!own) return this.#prepare(file, fd, done);
    const { mtime } = own;
    const begun = ++own.begun;
    own.mtime = undefined;
    if (own.writing++ > 0 || mtime === undefined) return done(null);
    fs.fstat(fd, (error, stat) => {
      // If another write of ours has begun in the meantime, the modification time may come from it.
      if (!error && begun === own.begun && stat.mtimeMs !== mtime) this.#doubted.add(file);
      done(null);
    });
  }

  ended(file: number, fd: number, done: Done<void>): void {
    const own = this.#own.get(file);
    if (!own) return done(null);
    // While other writes are pending, the modification time tells nothing; the file is examined when the last of them
    // has ended.
    if (--own.writing > 0) return done(null);
    fs.fstat(fd, (error, stat) => {
      if (error) return done(diskError('write', this.#paths[file] as string, error));
      if (stat.nlink === 0 || stat.size < this.#lengthOf(file)) return done(gone(this.#paths[file] as string));
      if (own.writing === 0) own.mtime = stat.mtimeMs;
      done(null);
    });
  }

  /** Errors if `file` is not the one that we have written to; `stat` is its current state on disk. */
  check(file: number, stat: fs.Stats | undefined): Error | null {
    const own = this.#own.get(file);
    if (!own) return null;
    if (!stat?.isFile() || stat.ino !== own.ino || stat.size < this.#lengthOf(file))
      return gone(this.#paths[file] as string);
    if (own.mtime !== undefined && own.writing === 0 && stat.mtimeMs !== own.mtime) this.#doubted.add(file);
    return null;
  }

  #prepare(file: number, fd: number, done: Done<void>): void {
    const begun: Done<void> = (error) => {
      const own = this.#own.get(file);
      if (own) {
        own.writing++;
        own.begun++;
      }
      done(error);
    };
    const waiting = this.#preparing.get(file);
    if (waiting) return void waiting.push(begun);
    const all = [begun];
    this.#preparing.set(file, all);
    const ended = (error: Error | null): void => {
      this.#preparing.delete(file);
      const failure = error && diskError('create', this.#paths[file] as string, error);
      for (const wait of all) wait(failure);
    };
    const length = this.#lengthOf(file);
    const known = (stat: fs.Stats): void => {
      this.#own.set(file, { ino: stat.ino, writing: 0, begun: 0, mtime: undefined });
      ended(null);
    };
    fs.fstat(fd, (error, stat) => {
      if (error) return ended(error);
      // Some disks, such as those that ignore case, take two names for the same file, whatever the system's rules are.
      const twin = this.#byInode.get(stat.ino) ?? file;
      if (twin !== file && stat.ino > 0) return ended(same(this.#paths[twin] as string, this.#paths[file] as string));
      this.#byInode.set(stat.ino, file);
      const replaced = this.#force && this.#replaced.has(file);
      if (stat.size > length && !this.#force) return ended(tooLong(this.#paths[file] as string, stat.size, length));
      const from = replaced ? 0 : Math.min(stat.size, length);
      this.#size(fd, { from, length, sized: !replaced && stat.size === length, replaced }, (failed) =>
        failed ? ended(failed) : known(stat),
      );
    });
  }

  /** Gives a file its length; a replaced file must never be a mixture of old and new content. */
  #size(fd: number, { from, length, sized, replaced }: Sizing, done: Done<void>): void {
    const reserved = (unmade: Error | null): void =>
      unmade || !this.#reserve ? done(unmade) : this.#reserve(fd, from, length, done);
    if (sized) return reserved(null);
    const grow = (cut: Error | null): void => (cut ? done(cut) : fs.ftruncate(fd, length, reserved));
    if (replaced) fs.ftruncate(fd, 0, grow);
    else grow(null);
  }
}

export const gone = (path: string): StorageError =>
  new StorageError(
    'missing',
    `${printable(path)} is missing or has changed: ` +
      'another program has deleted, moved, cut or replaced it; download again to fetch what is missing',
  );

const same = (one: string, other: string): StorageError =>
  new StorageError(
    'io',
    `${printable(one)} and ${printable(other)} are one file on this disk, and two in the torrent: ` +
      'choose a folder on another disk',
  );

export const tooLong = (path: string, size: number, length: number): StorageError =>
  new StorageError(
    'occupied',
    `${printable(path)} is longer (${size} bytes) than in the torrent (${length} bytes), ` +
      `so it may be another file: ${IN_THE_WAY}`,
  );
