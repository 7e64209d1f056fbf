import type { Target } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { isHiddenName } from './hiddenName.ts';
import { NameTree } from './nameTree.ts';
import { isPossible } from './safeName.ts';
import { safeNames } from './safePath.ts';
import { type System, systemOf } from './system.ts';

/**
 * Where another client may have put each of `torrent.files`: its absolute path in `target.folder` by its unchanged
 * names in the torrent. '' if that is the path of {@link safePaths}, if the system does not allow it, or if it collides
 * with another file of the torrent: so all paths of both lists are different files.
 *
 * @example truePaths(torrentOf('a\u202eb.txt'), { folder: '/d' }, 'linux') // ['/d/a\u202eb.txt'], where safePaths says
 * '/d/ab.txt'
 */
export const truePaths = (torrent: Torrent, target: Target, platform: NodeJS.Platform = process.platform): string[] => {
  const system = systemOf(platform);
  const safe = safeNames(torrent, target, platform);
  const tree = new NameTree(system);
  for (const names of safe) if (names.length > 0) tree.claim(names);
  const folder = system.path.resolve(target.folder);
  return torrent.files.map((file, n) => {
    if (file.padding) return '';
    const names =
      torrent.layout === 'file' ? [target.name ?? torrent.name] : [target.name ?? torrent.name, ...file.path];
    const safeOnes = safe[n] as readonly string[];
    if (same(names, safeOnes, (name) => name) || !mayStand(names, target, system)) return '';
    const path = system.path.join(folder, ...names);
    if (system.pathSize(path) > system.maxPath) return '';
    // Even if the disk takes both names for one, as HFS+ may and APFS does not, they stand for the same file.
    return same(names, safeOnes, system.fold) || tree.claim(names) ? path : '';
  });
};

const same = (a: readonly string[], b: readonly string[], fold: System['fold']): boolean =>
  a.length === b.length && a.every((name, n) => fold(name) === fold(b[n] as string));

/** A name chosen by the user is taken as it is. Notes and locks are never taken for a torrent's files. */
const mayStand = (names: readonly string[], { name }: Target, system: System): boolean =>
  (name === undefined ? names : names.slice(1)).every((each) => isPossible(each, system)) &&
  (name !== undefined || !isHiddenName(names[0] as string));
