import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { diskError } from '../../disk/errors/diskError.ts';
import { filePlaces } from '../../disk/files/filePlaces.ts';
import { hiddenName, isHiddenName } from '../../disk/names/hiddenName.ts';
import { rootName } from '../../disk/names/safePath.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

export type Kind = 'folder' | 'file' | 'nothing';

/** What is at `path`. @throws StorageError, about what was to be done there */
export const kindOf = async (path: string, verb: string): Promise<Kind> => {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'nothing';
    throw diskError(verb, path, error);
  }
};

/**
 * Names that the folder of a torrent may have if the user has not named it: the one that we give, and the torrent's
 * own.
 */
export const ownNames = (torrent: Torrent): readonly string[] => [...new Set([rootName(torrent, {}), torrent.name])];

/** Files that systems create in every folder that is opened. */
const JUNK: ReadonlySet<string> = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** What stands at the top of a torrent of several files, under our names and its own. */
const topOf = (torrent: Torrent): ReadonlyMap<string, { readonly own: string; readonly folder: boolean }> => {
  const places = filePlaces(torrent);
  const top = new Map<string, { own: string; folder: boolean }>();
  torrent.files.forEach(({ path, padding }, at) => {
    if (padding) return;
    const folder = path.length > 1;
    const own = path[0] ?? '';
    for (const name of [own, places[at]?.path.split('/')[1] ?? own]) top.set(name, { own, folder });
  });
  return top;
};

/** How much of the top of a torrent is in a folder. */
interface Held {
  readonly some: boolean;
  readonly all: boolean;
  /** And nothing else. */
  readonly alone: boolean;
  /** Nothing at all is in it. */
  readonly empty: boolean;
}

const entriesOf = async (folder: string): Promise<readonly Dirent[]> => {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw diskError('read', folder, error);
  }
};

const holding = async (torrent: Torrent, folder: string): Promise<Held> => {
  const top = topOf(torrent);
  const entries = (await entriesOf(folder)).filter(({ name }) => !JUNK.has(name) && !isHiddenName(name));
  const ours = entries.flatMap((entry) => {
    const wanted = top.get(entry.name);
    // Links are not followed here.
    return wanted && (entry.isSymbolicLink() || wanted.folder === entry.isDirectory()) ? [wanted.own] : [];
  });
  const names = new Set([...top.values()].map(({ own }) => own)).size;
  const all = names > 1 && new Set(ours).size === names;
  return {
    some: ours.length > 0,
    all,
    alone: ours.length > 0 && ours.length === entries.length,
    empty: entries.length === 0,
  };
};

/** Also if it is a link that leads nowhere, as our lock is. */
const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return false;
      throw diskError('read', path, error);
    },
  );

/** Does a note of ours say that `folder` is the torrent's own, whatever its name? */
const noted = (torrent: Torrent, folder: string): Promise<boolean> =>
  isThere(join(dirname(folder), hiddenName(basename(folder), `${toHex(torrent.infoHash).slice(0, 8)}.rxtorrent`)));

/** A download that was killed before it wrote anything leaves its lock beside an empty folder. */
const begun = (folder: string): Promise<boolean> =>
  isThere(join(dirname(folder), hiddenName(basename(folder), 'rxtorrent.lock')));

/**
 * Is the folder at `path` the one that the torrent's several files are in, under any name, and not its parent?
 * `evidence` says how much is required: `sure` for a path that was named as a place to put folders in, `any` where data
 * is searched for.
 *
 * @throws StorageError
 */
export const isRoot = async (torrent: Torrent, path: string, evidence: 'sure' | 'likely' | 'any'): Promise<boolean> => {
  const folder = resolve(path);
  if (await noted(torrent, folder)) return true;
  const held = await holding(torrent, folder);
  for (const name of ownNames(torrent)) {
    const inner = join(folder, name);
    // A torrent may have a folder of its own name in it.
    if ((await kindOf(inner, 'read')) === 'folder' && ((await holding(torrent, inner)).some || !held.some))
      return false;
  }
  if (held.all) return true;
  if (evidence === 'sure') return false;
  return held.alone || (held.empty && (await begun(folder))) || (evidence === 'any' && held.some);
};
