import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { diskError } from '../disk/diskError.ts';
import { rootName } from '../disk/safePath.ts';
import type { Target } from '../env.ts';
import { InputError } from '../errors.ts';
import type { Torrent } from '../torrent/metainfo.ts';

const kindOf = async (path: string, verb: string): Promise<'folder' | 'file' | 'nothing'> => {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'nothing';
    throw diskError(verb, path, error);
  }
};

const asFile = (path: string): Target => ({ folder: dirname(resolve(path)), name: basename(path) });

/** What `--output` names: a folder if it is one, ends in `/`, or the torrent has several files; else the file itself. */
export const targetOf = async (torrent: Torrent, output: string | undefined): Promise<Target> => {
  if (output === undefined) return { folder: process.cwd() };
  const kind = await kindOf(output, 'write to');
  const folder = kind === 'folder' || /[/\\]$/.test(output) || torrent.layout === 'folder';
  if (!folder) return asFile(output);
  if (kind === 'file') throw new InputError('bad-option', `--output ${output} is a file, and the torrent needs a folder: name another`);
  return { folder: resolve(output) };
};

/** Where the files of `verify` are: the folder they were downloaded into, or the very file or folder of the torrent. */
export const existingTarget = async (torrent: Torrent, path: string): Promise<Target> => {
  const kind = await kindOf(path, 'read');
  if (kind === 'nothing') throw new InputError('bad-option', `${path}: there is no such file or folder`);
  if (torrent.layout === 'file') return kind === 'file' ? asFile(path) : { folder: resolve(path) };
  if (kind === 'file') throw new InputError('bad-option', `${path} is a file, and the torrent has several: name the folder they were downloaded into`);
  const folder = resolve(path);
  const name = rootName(torrent, { folder });
  // Another client may have made it under the torrent's own name, which we would not give.
  const isItself = [name, torrent.name].includes(basename(folder)) && (await kindOf(join(folder, basename(folder)), 'read')) !== 'folder';
  return { folder: isItself ? dirname(folder) : folder };
};

/** The file or folder that holds all of the torrent. */
export const placeOf = (torrent: Torrent, target: Target): string => join(target.folder, rootName(torrent, target));
