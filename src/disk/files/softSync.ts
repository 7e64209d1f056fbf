import fs from 'node:fs';
import { errnoOf } from '../errors/errno.ts';

/** What a disk answers that has no fsync: FUSE and network disks, and some that live in memory. */
const UNABLE: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY']);

/** An error of fsync that means no more than that this disk can't do it. */
export const cannotSync = (error: unknown): boolean => UNABLE.has(errnoOf(error));

/**
 * `fs.fsync`, done without an error on a disk that has no fsync: there is nothing better to be had, and nothing is lost
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
