import { constants } from 'node:fs';
import { copyFile, lstat, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { SimilarFile } from '../../contracts/storage.ts';
import { equalIds, toHex } from '../../protocol/encoding/id.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { diskError } from '../errors/diskError.ts';
import { each } from '../files/each.ts';
import { type Done, makeInside } from '../files/insideFolder.ts';
import type { WriteAccess } from '../files/writeAccess.ts';
import { hiddenName } from '../names/hiddenName.ts';
import { rootOfFile } from './fileRoot.ts';
import type { Places } from './places.ts';
import { copyAll, relocate } from './relocate.ts';

export interface ReuseParts {
  readonly torrent: Torrent;
  readonly places: Places;
  readonly similar: readonly SimilarFile[];
  readonly wanted: (file: number) => boolean;
  readonly access: Pick<WriteAccess, 'ask'>;
  /** Each file that has been made is added to it. */
  readonly dirty: Pick<Set<number>, 'add'>;
  /** False once nobody waits for it any more. */
  readonly alive: () => boolean;
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Copies each wanted file that is not there from a similar one with its root and length (BEP 38, 52), one after the
 * other. A copy has a hidden name until its root has been computed from what was copied, and then takes the place of
 * no other file. What can't be copied is left to the peers. Errors only where nothing may be written at all.
 */
export const reuseFiles = (parts: ReuseParts, done: Done<void>): void => {
  const { torrent, places, wanted, alive } = parts;
  const known = new Map(parts.similar.map((like) => [similarKey(like), like.path]));
  const reuse = (file: number, next: Done<void>): void => {
    const { length, root, padding } = torrent.files[file] as Torrent['files'][number];
    const from = root && known.get(similarKey({ length, root }));
    const to = places.paths[file] as string;
    if (from === undefined || padding || !wanted(file) || !alive()) return next(null);
    lstat(to).then(
      () => next(null),
      () => make(file, from, next),
    );
  };
  const make = (file: number, from: string, next: Done<void>): void =>
    parts.access.ask((denied) => {
      if (denied) return next(denied);
      const folder = path.dirname(places.paths[file] as string);
      makeInside(places.rootOf(file), folder, (error) => {
        if (error) return next(diskError('create', folder, error));
        copied(parts, file, from).then(
          (is) => {
            if (is) parts.dirty.add(file);
            next(null);
          },
          // The file has gone, may not be read, or there is no room: peers have it, too.
          () => next(null),
        );
      });
    });
  each(torrent.files.length, 1, reuse, done);
};

/** Files are the same if this is the same of both. */
export const similarKey = ({ length, root }: Pick<SimilarFile, 'length' | 'root'>): string =>
  `${length} ${toHex(root)}`;

/** True if the file is there now, with the right root. */
const copied = async ({ torrent, places, alive }: ReuseParts, file: number, from: string): Promise<boolean> => {
  const { length, root } = torrent.files[file] as Torrent['files'][number];
  const to = places.paths[file] as string;
  const mark = toHex(torrent.infoHash.subarray(0, 4));
  const half = path.join(path.dirname(to), hiddenName(path.basename(to), `${mark}.copy.rxtorrent`));
  const there = await lstat(from);
  if (!there.isFile() || there.size !== length) return false;
  try {
    if (!(await cloned(from, half))) await copiedTo(from, half, alive);
    const is = await rootOfFile(half, length, alive);
    if (is === undefined || root === undefined || !equalIds(is, root)) return false;
    return await relocate({ from: half, to, half: `${half}.half`, force: false, wanted: alive });
  } finally {
    await unlink(half).catch(() => undefined);
  }
};

/** A clone shares its bytes on disk with the file until one of them is changed, where the file system can do that. */
const cloned = async (from: string, to: string): Promise<boolean> => {
  // What a run before has left under this name is of no use.
  await unlink(to).catch(() => undefined);
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch {
    return false;
  }
  const copy = await open(to, O_RDONLY | O_NOFOLLOW);
  try {
    // A file that may only be read would be one that missing pieces can't be written to.
    await copy.chmod(((await copy.stat()).mode & 0o666) | 0o600);
  } finally {
    await copy.close();
  }
  return true;
};

const copiedTo = async (from: string, to: string, alive: () => boolean): Promise<void> => {
  const source = await open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const copy = await open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o666);
    try {
      await copyAll(source, copy, alive);
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
};
