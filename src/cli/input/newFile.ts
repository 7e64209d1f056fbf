import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { diskError, printable } from '../../disk/errors/diskError.ts';
import { fsyncSoftlySync } from '../../disk/files/softSync.ts';
import { InputError } from '../../contracts/errors.ts';

const taken = (path: string): InputError =>
  new InputError('bad-option', `${printable(path)} exists already: name another file, or give --force`);

/** What is at `path`; undefined if nothing can be. @throws StorageError */
export const lookAt = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw diskError('write', path, error);
  }
};

/** Refuses early what `writeNew` would refuse at the end. @throws InputError, StorageError */
export const mayWrite = (path: string, force: boolean): void => {
  const folder = dirname(path);
  if (!lookAt(folder)?.isDirectory())
    throw new InputError('bad-option', `${printable(folder)}: there is no such folder`);
  const there = lookAt(path);
  if (there?.isDirectory())
    throw new InputError('bad-option', `${printable(path)} is a folder: name the file to write`);
  if (there && !force) throw taken(path);
  // An existing file may be replaced, and a device may be writable for all users.
  if (!there) mayChange(folder, path);
};

/**
 * Refuses early what can't be kept: `path` need not be there yet, nor the folder that it is to be in. @throws
 * InputError, StorageError
 */
export const mayKeep = (path: string): void => {
  if (lookAt(path)?.isDirectory())
    throw new InputError('bad-option', `${printable(path)} is a folder: name the file to write`);
  let folder = dirname(resolve(path));
  while (lookAt(folder) === undefined && folder !== dirname(folder)) folder = dirname(folder);
  if (!lookAt(folder)?.isDirectory())
    throw new InputError('bad-option', `${printable(folder)} is a file, not a folder: name another place`);
  mayChange(folder, path);
};

/** @throws StorageError about `path`, if nothing can be created in `folder` */
const mayChange = (folder: string, path: string): void => {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw diskError('write', path, error);
  }
};

/**
 * Writes a whole file or none: the file is written beside the place, then moved there. Replaces a file only by `force`;
 * if `path` is a symbolic link to a file, that file. A device or a pipe is written to directly: moving a file into its
 * place would remove it. @throws InputError, StorageError
 */
export const writeNew = (named: string, bytes: Uint8Array, force: boolean): void => {
  const there = lookAt(named);
  if (force && there && !there.isFile()) return writeInto(named, bytes);
  const path = there ? realpathSync(named) : named;
  const temporary = join(dirname(path), `.${basename(path).slice(0, 60)}.${process.pid}.tmp`);
  try {
    writeSynced(temporary, bytes);
    if (force || !link(temporary, path)) renameSync(temporary, path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw diskError('write', path, error);
  } finally {
    rmSync(temporary, { force: true });
  }
};

const writeInto = (path: string, bytes: Uint8Array): void => {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw diskError('write', path, error);
  }
};

/** Flushed to the disk, so that the moved file survives a power cut. */
const writeSynced = (path: string, bytes: Uint8Array): void => {
  const fd = openSync(path, 'wx');
  try {
    writeFileSync(fd, bytes);
    fsyncSoftlySync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Unlike a rename, a link never replaces a file that was created meanwhile. False where a disk has no links. */
const link = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(to)) throw taken(to);
    return false;
  }
};
