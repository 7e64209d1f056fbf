import fs from 'node:fs';
import path from 'node:path';
import { StorageError, type StorageCode } from '../../contracts/errors.ts';
import { errnoOf } from './errno.ts';

type Kind = readonly [code: StorageCode, what: string, advice: string];

const ELSEWHERE = 'choose a folder on another disk';
const GONE = 'attach or mount it again';

const kinds: Readonly<Record<string, Kind>> = {
  ENOSPC: ['full', 'the disk is full', 'free some space'],
  EDQUOT: ['full', 'the disk quota is used up', 'free some space'],
  EACCES: ['denied', 'no permission', 'check its permissions, or choose another folder'],
  EPERM: ['denied', 'not permitted', 'check its permissions, or choose another folder'],
  EROFS: ['denied', 'the disk is read-only', 'choose another folder'],
  ELOOP: ['denied', 'a symbolic link is in the way', 'remove the link, or choose another folder'],
  ETXTBSY: ['denied', 'it is a program that is running', 'end it, or choose another folder'],
  ENOKEY: ['denied', 'the folder is encrypted and locked', 'unlock it'],
  ENOENT: ['missing', 'it is not there', 'check whether the disk is still attached'],
  ENOTDIR: ['missing', 'a file is where a folder should be', 'move it away, or choose another folder'],
  ENODEV: ['missing', 'the disk is gone', GONE],
  ENXIO: ['missing', 'the disk is gone', GONE],
  ENOMEDIUM: ['missing', 'there is no disk in the drive', GONE],
  ESTALE: ['missing', 'the network disk no longer knows it', GONE],
  ENOTCONN: ['missing', 'the disk is no longer connected', GONE],
  ECONNABORTED: ['missing', 'the disk is no longer connected', GONE],
  ETIMEDOUT: ['missing', 'the network disk does not answer', 'check the network, then try again'],
  EHOSTDOWN: ['missing', 'the network disk does not answer', 'check the network, then try again'],
  EHOSTUNREACH: ['missing', 'the network disk does not answer', 'check the network, then try again'],
  EEXIST: ['io', 'a file is where a folder should be', 'move it away, or choose another folder'],
  EISDIR: ['io', 'a folder is where a file should be', 'move it away, or choose another folder'],
  ENAMETOOLONG: ['io', 'the path is too long', 'choose a folder with a shorter path'],
  EFBIG: ['io', 'the file is too large for this disk', ELSEWHERE],
  EBUSY: ['io', 'another program or the system is using it', 'close that program, then try again'],
  EIO: ['io', 'the disk failed (EIO)', 'check the disk and its cable'],
  EREMOTEIO: ['io', 'the network disk failed', 'check the disk and the network'],
  EUCLEAN: ['io', 'the file system is damaged', 'check the disk (fsck)'],
  EBADMSG: ['io', 'the file system is damaged', 'check the disk (fsck)'],
  ENOTSUP: ['io', 'this disk has no such operation', ELSEWHERE],
  EOPNOTSUPP: ['io', 'this disk has no such operation', ELSEWHERE],
  ENOSYS: ['io', 'this disk has no such operation', ELSEWHERE],
  ENOMEM: ['io', 'the system has no memory left', 'close some programs'],
  EMFILE: ['io', 'too many open files', 'raise the limit (ulimit -n)'],
  ENFILE: ['io', 'too many open files in the whole system', 'close some programs'],
};

const NO_INODES: Kind = ['full', 'the disk has no inodes left for more files', 'delete some files'];
const NO_SUCH_NAME: Kind = ['io', 'this disk can have no file of such a name', ELSEWHERE];
/**
 * System calls that take a name: if one reports an invalid argument, it is the name. FAT has no `:`, `?` or `"` in
 * names.
 */
const NAMING: ReadonlySet<string> = new Set(['open', 'mkdir', 'rename', 'link', 'stat', 'lstat']);

type Statfs = (path: string) => { readonly files: number; readonly ffree: number; readonly bavail: number };

/** Has the disk run out of inodes instead of bytes? Disks without inode limits (btrfs, FAT) report a total of 0. */
const withoutInodes = (place: string, statfs: Statfs): boolean => {
  // A file that could not be created cannot be examined: its folder is.
  for (let at = path.resolve(place), tries = 0; tries < 3; at = path.dirname(at), tries++) {
    try {
      const { files, ffree, bavail } = statfs(at);
      return files > 0 && ffree === 0 && bavail > 0;
    } catch {
      continue;
    }
  }
  return false;
};

const kindOf = (place: string, error: unknown, statfs: Statfs): Kind => {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' && withoutInodes(place, statfs)) return NO_INODES;
  if (errno === 'EINVAL' && NAMING.has((error as NodeJS.ErrnoException).syscall ?? '')) return NO_SUCH_NAME;
  return Object.hasOwn(kinds, errno)
    ? (kinds[errno] as Kind)
    : ['io', `input/output error (${errno || 'unknown error'})`, 'check the disk'];
};

/**
 * Turns an error of Node about `place` into one line for the user: what happened, where, and what to try. A
 * `StorageError` is returned as it is.
 */
export const diskError = (
  verb: string,
  place: string,
  error: unknown,
  statfs: Statfs = fs.statfsSync,
): StorageError => {
  if (error instanceof StorageError) return error;
  const [code, what, advice] = kindOf(place, error, statfs);
  return new StorageError(code, `can't ${verb} ${printable(place)}: ${what}; ${advice}`, { cause: error });
};

/** The folder is the user's and may hold anything; a message must stay one line. */
export const printable = (path: string): string => path.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?');
