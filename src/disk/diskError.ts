import { StorageError, type StorageCode } from '../errors.ts';

const kinds: Readonly<Record<string, readonly [code: StorageCode, what: string, advice: string]>> = {
  ENOSPC: ['full', 'the disk is full', 'free some space'],
  EDQUOT: ['full', 'the disk quota is used up', 'free some space'],
  EACCES: ['denied', 'no permission', 'check who may write there, or choose another folder'],
  EPERM: ['denied', 'not permitted', 'check who may write there, or choose another folder'],
  EROFS: ['denied', 'the disk is read-only', 'choose another folder'],
  ELOOP: ['denied', 'a symbolic link is in the way', 'remove the link, or choose another folder'],
  ENOENT: ['missing', 'it is not there', 'check whether the disk is still attached'],
  ENOTDIR: ['missing', 'a file is where a folder should be', 'move it away, or choose another folder'],
  EEXIST: ['io', 'a file is where a folder should be', 'move it away, or choose another folder'],
  EISDIR: ['io', 'a folder is where a file should be', 'move it away, or choose another folder'],
  ENAMETOOLONG: ['io', 'the path is too long', 'choose a folder with a shorter path'],
  EFBIG: ['io', 'the file is too large for this disk', 'choose a folder on another disk'],
  EMFILE: ['io', 'too many open files', 'raise the limit (ulimit -n)'],
  ENFILE: ['io', 'too many open files in the whole system', 'close some programs'],
};

/** Turns what Node says of `path` into one line for people: what, where, what to try. A `StorageError` stays as it is. */
export const diskError = (verb: string, path: string, error: unknown): StorageError => {
  if (error instanceof StorageError) return error;
  const errno = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const [code, what, advice] = kinds[errno] ?? ['io', `input/output error (${errno})`, 'check the disk'];
  return new StorageError(code, `can't ${verb} ${printable(path)}: ${what}; ${advice}`, { cause: error });
};

/** The folder is the user's and may hold anything; a message must stay one line. */
export const printable = (path: string): string => path.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?');
