import fs from 'node:fs';
import path from 'node:path';
import { StorageError } from '../../contracts/errors.ts';
import { descriptors as shared, type Descriptors } from './descriptors.ts';
import { printable } from '../errors/diskError.ts';

export type Access = 'read' | 'write' | 'sync';
export type Done<T> = (error: Error | null, value?: T) => void;

const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
/**
 * Only `write` creates a file. Without `O_NONBLOCK` a named pipe in place of the file would block a thread for ever.
 */
const flags: Record<Access, number> = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  write: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
  sync: O_RDWR | O_NOFOLLOW | O_NONBLOCK,
};

/**
 * Opens `file`, which lies below `root`, without following a symbolic link out of `root`: links to files are refused,
 * and folders must really be inside. `root` itself is chosen by the user, and may be a link. The file is closed by
 * `descriptors.close`. A local program that swaps a folder for a link at this very moment is not kept out: it could
 * write there itself.
 */
export const openInside = (
  root: string,
  file: string,
  access: Access,
  done: Done<number>,
  descriptors: Descriptors = shared,
): void => {
  realFolder(root, path.dirname(file), access === 'write', (error) => {
    if (error) return done(error);
    descriptors.open(file, flags[access], 0o666, (failed, opened) => {
      if (failed) return done(failed);
      const fd = opened as number;
      fs.fstat(fd, (unknown, stat) => {
        if (!unknown && stat.isFile()) return done(null, fd);
        descriptors.close(fd, () =>
          done(
            unknown ??
              new StorageError('io', `${printable(file)} is not a file; move it away, or choose another folder`),
          ),
        );
      });
    });
  });
};

/** Creates `folder`, which lies below `root`, and makes sure that it is really inside. */
export const makeInside = (root: string, folder: string, done: Done<void>): void =>
  realFolder(root, folder, true, (error) => done(error));

/** Makes sure that `folder` exists (it is created if `create`), and is really inside `root`. */
const realFolder = (root: string, folder: string, create: boolean, done: Done<void>): void => {
  if (folder === root) return create ? void fs.mkdir(root, { recursive: true }, (error) => done(error)) : done(null);
  realpath(folder, (missing, real) => {
    if (!missing) return inside(root, folder, real, done);
    if (!create || missing.code !== 'ENOENT') return done(missing);
    realFolder(root, path.dirname(folder), create, (error) => (error ? done(error) : makeFolder(root, folder, done)));
  });
};

const makeFolder = (root: string, folder: string, done: Done<void>): void => {
  fs.mkdir(folder, (error) => {
    if (error && error.code !== 'EEXIST') return done(error);
    // A folder that exists and still has no real path is a dangling link.
    realpath(folder, (missing, real) => (missing ? done(linked(folder)) : inside(root, folder, real, done)));
  });
};

const inside = (root: string, folder: string, real: string, done: Done<void>): void => {
  realpath(root, (error, realRoot) => {
    if (error) return done(error);
    const prefix = realRoot.endsWith(path.sep) ? realRoot : realRoot + path.sep;
    done(real.startsWith(prefix) ? null : linked(folder));
  });
};

const { native: realpath } = fs.realpath;

const linked = (folder: string): StorageError =>
  new StorageError(
    'denied',
    `${printable(folder)} is, or is in, a symbolic link that leads out of the download folder; ` +
      'remove the link, or choose another folder',
  );
