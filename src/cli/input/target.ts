import { basename, dirname, join, resolve, sep } from 'node:path';
import { rootName } from '../../disk/names/safePath.ts';
import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { isRoot, kindOf, ownNames } from './rootFolder.ts';

/** The file, or the folder of all files, at `path`. */
const itself = (path: string): Target => ({ folder: dirname(resolve(path)), name: basename(resolve(path)) });

/**
 * What `--output` names: where it ends in `/` or is a folder, one to put the torrent in under its own name; else the
 * file, or the folder of all files, under that name. The folder that a torrent was put in under such a name is that
 * folder still when it is named again.
 *
 * @throws InputError, StorageError
 */
export const targetOf = async (torrent: Torrent, output: string | undefined): Promise<Target> => {
  if (output === undefined) return { folder: process.cwd() };
  const kind = await kindOf(output, 'write to');
  const slash = output.endsWith('/') || output.endsWith(sep);
  const several = torrent.layout === 'folder';
  if (kind === 'file' && (several || slash))
    throw new InputError('bad-option', `--output ${output} is a file, and the torrent needs a folder: name another`);
  if (kind === 'folder' && several && (await isRoot(torrent, output, slash ? 'sure' : 'likely'))) return itself(output);
  return kind === 'folder' || slash ? { folder: resolve(output) } : itself(output);
};

/**
 * Where the files of `seed` and `verify` are: the folder they were downloaded into, or the very file or folder of the
 * torrent, under whatever name.
 *
 * @throws InputError, StorageError
 */
export const existingTarget = async (torrent: Torrent, path: string): Promise<Target> => {
  const kind = await kindOf(path, 'read');
  if (kind === 'nothing') throw new InputError('bad-option', `${path}: there is no such file or folder`);
  if (torrent.layout === 'file') return kind === 'file' ? itself(path) : { folder: resolve(path) };
  if (kind === 'file')
    throw new InputError(
      'bad-option',
      `${path} is a file, and the torrent has several: name the folder they were downloaded into`,
    );
  const folder = resolve(path);
  const named = ownNames(torrent).includes(basename(folder));
  const inside = named && (await kindOf(join(folder, basename(folder)), 'read')) === 'folder';
  if (await isRoot(torrent, folder, 'any')) return named ? { folder: dirname(folder) } : itself(folder);
  return { folder: named && !inside ? dirname(folder) : folder };
};

/** The file or folder that holds all of the torrent. */
export const placeOf = (torrent: Torrent, { moveTo, ...target }: Target): string =>
  join(moveTo ?? target.folder, rootName(torrent, target));
