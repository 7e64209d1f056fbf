import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { safePaths } from '../../disk/names/safePath.ts';
import { truePaths } from '../../disk/names/truePath.ts';
import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { visible } from '../io/text.ts';

/** Files of a torrent that are looked for in each place: enough to tell one folder from another. */
const LOOKED_FOR = 100;

/** Bytes of the file; undefined if it does not exist or can't be read. */
const lengthOf = (path: string): number | undefined => {
  try {
    const there = path === '' ? undefined : statSync(path, { throwIfNoEntry: false });
    return there?.isFile() ? there.size : undefined;
  } catch {
    return undefined;
  }
};

/** How many files of the torrent are at `target`: those of the right length count most. */
const foundAt = (torrent: Torrent, target: Target): number => {
  const [safe, true_] = [safePaths(torrent, target), truePaths(torrent, target)];
  let found = 0;
  for (const [n, { length }] of torrent.files.slice(0, LOOKED_FOR).entries()) {
    const there = lengthOf(true_[n] ?? '') ?? lengthOf(safe[n] ?? '');
    if (there !== undefined) found += there === length ? LOOKED_FOR : 1;
  }
  return found;
};

/** The data may be in the folder, or be the folder: then the .torrent lies among its files. */
const targetsIn = (torrent: Torrent, place: string): readonly Target[] => {
  const folder = resolve(place);
  const itself =
    torrent.layout === 'folder' && basename(folder) !== '' ? [{ folder: dirname(folder), name: basename(folder) }] : [];
  return [{ folder }, ...itself];
};

/**
 * Where the data of a torrent is, if the user has not said so: in one of `places`, which are folders. @throws
 * InputError which names the places
 */
export const findData = (torrent: Torrent, places: readonly string[], source: string): Target => {
  const folders = [...new Set(places.map((place) => resolve(place)))];
  const [best] = folders
    .flatMap((place) => targetsIn(torrent, place))
    .map((target) => ({ target, found: foundAt(torrent, target) }))
    .sort((a, b) => b.found - a.found);
  if (best !== undefined && best.found > 0) return best.target;
  const where = folders.map(visible).join(' or in ');
  const name = visible(torrent.name);
  throw new InputError(
    'bad-option',
    `${visible(source)}: ${name} is not in ${where}: ` +
      `name the place of its data, as in rxtorrent seed ${visible(source)} PATH`,
  );
};
