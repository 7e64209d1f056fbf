import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { isHiddenName } from './hiddenName.ts';
import { NameTree } from './nameTree.ts';
import { safeNameOn } from './safeName.ts';
import { type System, systemOf } from './system.ts';

/** Maximum number of names in a path. Deeper files are moved up. */
export const MAX_DEPTH = 100;
/** Length reserved for the download folder within the longest path of a system. */
export const FOLDER_ROOM = 255;

/**
 * Where each of `torrent.files` goes: absolute paths in `target.folder`, in order, and '' for padding, which is never
 * on disk. No two are the same file on `platform`: the later one gets a number (`bar.1.txt`). A torrent of one file
 * goes to `folder/name`, others to `folder/name/…`.
 * @throws InputError `unsafe-path` when `target.name` is not a plain file name.
 */
export const safePaths = (torrent: Torrent, target: Target, platform: NodeJS.Platform = process.platform): string[] => {
  const system = systemOf(platform);
  const root = system.path.resolve(target.folder);
  return safeNames(torrent, target, platform).map((names) =>
    names.length === 0 ? '' : within(root, system.path.join(root, ...names), system),
  );
};

/** The same as names below `target.folder`, outermost first; none for padding. */
export const safeNames = (
  torrent: Torrent,
  target: Partial<Target>,
  platform: NodeJS.Platform,
): readonly (readonly string[])[] => {
  const system = systemOf(platform);
  const root = rootName(torrent, target, platform);
  const room = system.maxPath - FOLDER_ROOM - system.pathSize(root);
  const tree = new NameTree(system);
  return torrent.files.map((file, n) => {
    if (file.padding) return [];
    const names = target.names?.[n]?.split('/') ?? file.path;
    return torrent.layout === 'file' ? [root] : [root, ...tree.place(components(names, room, system))];
  });
};

/** The name in `target.folder` of the torrent's single file, or of its folder. */
export const rootName = (
  torrent: Torrent,
  target: Partial<Target>,
  platform: NodeJS.Platform = process.platform,
): string => {
  const system = systemOf(platform);
  if (target.name !== undefined) return plainName(target.name, system);
  const name = safeNameOn(torrent.name, system);
  // Otherwise a torrent could have the name of another one's note or lock.
  return isHiddenName(name) ? safeNameOn(`_${name}`, system) : name;
};

const plainName = (name: string, system: System): string => {
  if (/^\.{0,2}$|[/\0]/u.test(name) || name.includes(system.path.sep))
    throw new InputError(
      'unsafe-path',
      `file name ${JSON.stringify(name)}: expected a name without folders; give the folder apart`,
    );
  return name;
};

const within = (root: string, file: string, { path: { sep } }: System): string => {
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new InputError('unsafe-path', `${JSON.stringify(file)} is outside of ${JSON.stringify(root)}`);
  return file;
};

const components = (names: readonly string[], room: number, system: System): string[] => {
  const safe = names
    .filter((name) => name !== '' && name !== '.' && name !== '..')
    .map((name) => safeNameOn(name, system));
  const last = safe.pop() ?? '_';
  const kept: string[] = [];
  let left = room - 1 - system.pathSize(last);
  for (const name of safe) {
    left -= 1 + system.pathSize(name);
    if (left < 0 || kept.length === MAX_DEPTH - 1) break;
    kept.push(name);
  }
  return [...kept, last];
};
