import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../../contracts/errors.ts';
import { IN_THE_WAY } from '../../torrent/metainfo/occupied.ts';
import { diskError, printable } from '../errors/diskError.ts';
import { errnoOf } from '../errors/errno.ts';
import { cannotSync } from '../files/softSync.ts';

/** Bytes that are copied at a time. */
const CHUNK = 2 ** 20;
/** Errors of file systems that have no second names for a file. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

export interface Move {
  readonly from: string;
  readonly to: string;
  /** The name that a copy has until all of it is there, in the folder of `to`. */
  readonly half: string;
  /** May what is there be replaced? */
  readonly force: boolean;
  /** False once nobody waits for it any more: then a copy is given up. */
  readonly wanted: () => boolean;
}

/**
 * Moves a file, whose new folder exists, also to another file system: there it is copied under another name, synced,
 * its size is compared, and only then it has its name, and the old one is deleted. Killed at any time the file is
 * there, whole, at the old place or at the new one. Another file at the new place is never touched unless `force`; the
 * same content, as an earlier attempt has left it, counts as moved. True if it is there.
 *
 * @throws StorageError `occupied`, `full` and others
 */
export const relocate = async (move: Move): Promise<boolean> => {
  try {
    return await relocated(move);
  } catch (error) {
    throw diskError('move to', move.to, error);
  }
};

const relocated = async (move: Move): Promise<boolean> => {
  const { from, to, force } = move;
  const there = await statOf(to);
  if (there !== undefined && !force) {
    if (!(await isSame(from, to, there, move.wanted))) throw occupied(to);
    if (!move.wanted()) return false;
    await unlink(from);
    return true;
  }
  try {
    await named(from, to, force);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    return await copied(move);
  }
  return true;
};

/** Gives the file its new name in place of the old one, never in place of another file unless `force`. */
const named = async (from: string, to: string, force: boolean): Promise<void> => {
  if (force) return rename(from, to);
  try {
    await link(from, to);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw occupied(to);
    if (!NO_LINKS.has(errnoOf(error))) throw error;
    return rename(from, to);
  }
  return unlink(from);
};

const copied = async ({ from, to, half, force, wanted }: Move): Promise<boolean> => {
  const source = await open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { size, mode, atime, mtime } = await source.stat();
    const copy = await open(half, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, mode & 0o777);
    let whole = false;
    try {
      const count = await copyAll(source, copy, wanted);
      await copy.utimes(atime, mtime);
      await synced(copy);
      const now = (await copy.stat()).size;
      if (wanted() && (count !== size || now !== size))
        throw new StorageError('io', `${printable(to)} has ${now} bytes, and should have ${size}: try again`);
      whole = wanted();
    } finally {
      await copy.close();
      if (!whole) await unlink(half).catch(() => undefined);
    }
    if (!whole) return false;
    await named(half, to, force);
    await syncedFolder(path.dirname(to));
    await unlink(from);
    return true;
  } finally {
    await source.close();
  }
};

/** The number of bytes that were copied; -1 once it is not `wanted` any more. */
export const copyAll = async (from: FileHandle, to: FileHandle, wanted: () => boolean): Promise<number> => {
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; wanted(); ) {
    const { bytesRead } = await from.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) return at;
    for (let done = 0; done < bytesRead; )
      done += (await to.write(chunk, done, bytesRead - done, at + done)).bytesWritten;
    at += bytesRead;
  }
  return -1;
};

/** Is it the same file, or one with the same content? */
const isSame = async (from: string, to: string, there: Stats, wanted: () => boolean): Promise<boolean> => {
  const here = await lstat(from);
  if (!there.isFile() || there.size !== here.size) return false;
  if (there.ino === here.ino && there.dev === here.dev) return true;
  const [one, other] = [await open(from, O_RDONLY | O_NOFOLLOW), await open(to, O_RDONLY | O_NOFOLLOW)];
  try {
    const [a, b] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
    for (let at = 0; at < here.size && wanted(); at += CHUNK) {
      const [{ bytesRead: count }, { bytesRead }] = [
        await one.read(a, 0, CHUNK, at),
        await other.read(b, 0, CHUNK, at),
      ];
      if (count === 0 || count !== bytesRead || a.compare(b, 0, count, 0, count) !== 0) return false;
    }
    return true;
  } finally {
    await one.close();
    await other.close();
  }
};

const statOf = (name: string): Promise<Stats | undefined> =>
  lstat(name).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });

const synced = (file: FileHandle): Promise<void> =>
  file.sync().catch((error: unknown) => {
    if (!cannotSync(error)) throw error;
  });

/** So that the name survives a power cut. Some systems can't: then nothing is lost by going on. */
const syncedFolder = async (folder: string): Promise<void> => {
  const opened = await open(folder, O_RDONLY).catch(() => undefined);
  await opened?.sync().catch(() => undefined);
  await opened?.close();
};

const occupied = (place: string): StorageError =>
  new StorageError('occupied', `${printable(place)} exists already, and is another file: ${IN_THE_WAY}`);
