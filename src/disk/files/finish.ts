import fs from 'node:fs';
import { diskError } from '../errors/diskError.ts';
import { each } from './each.ts';
import type { Done } from './insideFolder.ts';
import type { OpenFiles } from './openFiles.ts';
import { gone, type OwnFiles, tooLong } from './ownFiles.ts';

/** Number of files that are examined at the same time. */
const AT_ONCE = 8;

export interface FinishParts {
  /** '' for padding, which is never on disk. */
  readonly paths: readonly string[];
  readonly lengthOf: (file: number) => number;
  readonly wanted: (file: number) => boolean;
  readonly files: OpenFiles;
  readonly own: OwnFiles;
  /** May a file that is too long be cut? */
  readonly force: boolean;
  /** Calls back when writing is allowed. */
  readonly writable: (done: Done<void>) => void;
}

/**
 * The remaining work when all wanted pieces are stored: empty files are created, and files that are too long are cut,
 * or refused. Write access is needed only if something has to be changed. Errors with `missing` if a file is gone or
 * was changed by another program, and with `occupied` if one is too long.
 */
export const finish = (
  { paths, lengthOf, wanted, files, own, force, writable }: FinishParts,
  done: Done<void>,
): void => {
  const change = (file: number, next: Done<void>): void =>
    writable((denied) => {
      if (denied) return next(denied);
      files.acquire(file, 'write', (refused, open) => {
        if (!open) return next(refused ?? null);
        fs.ftruncate(open.fd, lengthOf(file), (error) => {
          files.release(open);
          next(error && diskError('write', paths[file] as string, error));
        });
      });
    });
  const look = (file: number, next: Done<void>): void => {
    const path = paths[file] as string;
    if (path === '' || !wanted(file)) return next(null);
    fs.lstat(path, (error, stat) => {
      const there = !error && stat.isFile() ? stat : undefined;
      const lost = own.check(file, there);
      if (lost) return next(lost);
      const length = lengthOf(file);
      if (there === undefined) return length > 0 ? next(gone(path)) : change(file, next);
      if (there.size === length) return next(null);
      if (there.size < length) return next(gone(path));
      if (force) change(file, next);
      else next(tooLong(path, there.size, length));
    });
  };
  each(paths.length, AT_ONCE, look, done);
};
