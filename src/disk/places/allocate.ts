import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { StorageError } from '../../contracts/errors.ts';
import { printable } from '../errors/diskError.ts';
import { each } from '../files/each.ts';
import type { Done } from '../files/insideFolder.ts';
import type { Places } from './places.ts';

/** Bytes of zeros that are written at a time. */
const CHUNK = 2 ** 20;
/** Files that are looked at at the same time. */
const AT_ONCE = 8;
/** Bytes of a block, as `stat` counts them. */
const BLOCK = 512;

/** Room for all of a file that has been opened; `from` is where the bytes that it had before end. */
export type Reserve = (fd: number, from: number, length: number, done: Done<void>) => void;

/**
 * Takes room on disk for all of a file, so that it can't be lacking later: by `fallocate` where the system has it, else
 * by zeros. It is given up when `alive` is false, as zeros for a large file take minutes.
 */
export const reserving =
  (alive: () => boolean, program = 'fallocate'): Reserve =>
  (fd, from, length, done) => {
    if (process.platform !== 'linux') return writeZeros(fd, from, length, alive, done);
    let over = false;
    const ended = (made: boolean): void => {
      if (over) return;
      over = true;
      if (made) done(null);
      else writeZeros(fd, from, length, alive, done);
    };
    // It is given the open file, not a name: what has that name may be another file by then.
    const child = spawn(program, ['-l', String(length), '/dev/stdin'], { stdio: [fd, 'ignore', 'ignore'] });
    child.on('error', () => ended(false));
    child.on('exit', (code) => ended(code === 0));
  };

const writeZeros = (fd: number, from: number, length: number, alive: () => boolean, done: Done<void>): void => {
  const zeros = new Uint8Array(Math.min(CHUNK, Math.max(0, length - from)));
  const write = (at: number): void => {
    if (at >= length || !alive()) return done(null);
    fs.write(fd, zeros, 0, Math.min(zeros.length, length - at), at, (error, count) =>
      error ? done(error) : write(at + count),
    );
  };
  write(from);
};

/** The files that room is needed for. */
export interface Needed {
  readonly root: string;
  readonly paths: readonly string[];
  readonly lengthOf: (file: number) => number;
  readonly wanted: (file: number) => boolean;
}

/** Errors with a `StorageError` `full` if the disk has no room for what is missing of the wanted files. */
export const checkRoom = ({ root, paths, lengthOf, wanted }: Needed, done: Done<void>): void => {
  let missing = 0;
  const look = (file: number, next: Done<void>): void => {
    const place = paths[file] as string;
    if (place === '' || !wanted(file)) return next(null);
    fs.lstat(place, (absent, stat) => {
      missing += Math.max(0, lengthOf(file) - (absent ? 0 : Math.min(stat.size, stat.blocks * BLOCK)));
      next(null);
    });
  };
  const tell = (there: string): void =>
    fs.statfs(there, (unknown, disk) => {
      const free = unknown ? Infinity : disk.bavail * disk.bsize;
      done(
        free >= missing
          ? null
          : new StorageError(
              'full',
              `can't make room in ${printable(root)}: ${missing} bytes are needed, and ${free} are free; ` +
                'free some space, or leave out files',
            ),
      );
    });
  each(paths.length, AT_ONCE, look, () => existing(root, tell));
};

/** The folder, or the nearest one around it that is there: it will be on the same disk. */
const existing = (folder: string, found: (folder: string, dev?: number) => void): void =>
  fs.stat(folder, (absent, stat) => {
    const around = path.dirname(folder);
    if (absent && around !== folder) existing(around, found);
    else found(folder, absent ? undefined : stat.dev);
  });

/** The same for files that stay elsewhere in the end: there has to be room there, too, if it is on another disk. */
export const checkBoth = (
  { root, paths, lastRoot, lasting }: Pick<Places, 'root' | 'paths' | 'lastRoot' | 'lasting'>,
  lengthOf: Needed['lengthOf'],
  done: Done<void>,
): void => {
  const wanted = (): boolean => true;
  checkRoom({ root, paths, lengthOf, wanted }, (error) => {
    if (error || lastRoot === root) return done(error);
    const last = (): void => checkRoom({ root: lastRoot, paths: lasting, lengthOf, wanted }, done);
    existing(root, (_, here) => existing(lastRoot, (__, there) => (here === there ? done(null) : last())));
  });
};
