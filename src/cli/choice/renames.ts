import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import { numberedFiles } from '../../torrent/metainfo/fileNumbers.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** Most values of `--rename`. */
export const MAX_RENAMES = 10_000;

type Renamable = Pick<Torrent, 'name' | 'layout' | 'files'>;

const refused = (typed: string, why: string): InputError =>
  new InputError('bad-option', `--rename ${JSON.stringify(typed)}: ${why}`);

/** What `old` names: files by their indices, each with what is left of its path; undefined for the torrent itself. */
const named = ({ name, layout, files }: Renamable, old: string): ReadonlyMap<number, string> | 'all' | undefined => {
  const numbered = numberedFiles({ files });
  const number = /^[1-9]\d{0,8}$/.test(old) ? numbered[Number(old) - 1] : undefined;
  const found = new Map<number, string>();
  for (const file of numbered) {
    const path = files[file]?.path.join('/') ?? '';
    if (path === old) found.set(file, '');
    else if (path.startsWith(`${old}/`)) found.set(file, path.slice(old.length));
  }
  if (layout === 'file') return number !== undefined || old === name ? 'all' : undefined;
  if (found.size > 0) return found;
  if (number !== undefined) return new Map([[number, '']]);
  return old === name ? 'all' : undefined;
};

/** A path below the folder of the torrent, or one name. @throws InputError */
const newPath = (typed: string, path: string, single: boolean): string => {
  const names = path.replace(/^\.\//, '').split('/');
  if (names.some((each) => each === '' || each === '.' || each === '..' || each.includes('\0')))
    throw refused(typed, 'expected OLD=NEW, and NEW as a path below the folder of the torrent, such as Extras/a.txt');
  if (single && names.length > 1) throw refused(typed, 'expected one name: name the folder with -o');
  return names.join('/');
};

/**
 * What `--rename OLD=NEW` makes of the files of a torrent: OLD is the number of a file, its path, that of a folder, or
 * the name of the torrent. A name may have `=` in it: the first `=` before which something is named counts.
 *
 * @throws InputError if OLD names nothing, or NEW leads out of the folder of the torrent
 */
export const renamesOf = (torrent: Renamable, values: readonly string[]): Pick<Target, 'name' | 'names'> => {
  if (values.length > MAX_RENAMES)
    throw new InputError('bad-option', `--rename: ${values.length} times: at most ${MAX_RENAMES}`);
  let name: string | undefined;
  const names: Record<number, string> = {};
  for (const typed of values) {
    const at = [...typed.matchAll(/=/g)].find(({ index }) => named(torrent, typed.slice(0, index)) !== undefined);
    if (at === undefined)
      throw refused(
        typed,
        typed.includes('=') ? 'no file or folder is called so: see rxtorrent info' : 'expected OLD=NEW',
      );
    const found = named(torrent, typed.slice(0, at.index));
    const path = newPath(typed, typed.slice(at.index + 1), found === 'all');
    if (found === 'all') name = path;
    else for (const [file, rest] of found ?? []) names[file] = path + rest;
  }
  return { ...(name !== undefined && { name }), ...(Object.keys(names).length > 0 && { names }) };
};
