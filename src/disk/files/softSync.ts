import fs from 'node:fs';
import { errnoOf } from '../errors/errno.ts';

/** Errors of file systems without fsync: FUSE and network disks, and some in memory. */
const UNABLE: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY']);

/** Does an error of fsync mean only that this file system does not support it? */
export const cannotSync = (error: unknown): boolean => UNABLE.has(errnoOf(error));

/**
 * `fs.fsync`, without an error on a file system that does not support it: there is no alternative, and nothing is lost
 * by going on.
 */
export const fsyncSoftly = (fd: number, done: (error: NodeJS.ErrnoException | null) => void): void =>
  fs.fsync(fd, (error) => done(cannotSync(error) ? null : error));

/** `fs.fsyncSync` in the same way. */
export const fsyncSoftlySync = (fd: number): void => {
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (!cannotSync(error)) throw error;
  }
};
