import { resolve } from 'node:path';
import type { Target } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { flag, oneOf, text, texts } from '../args/values.ts';
import { renamesOf } from '../choice/renames.ts';
import type { Given } from '../io/io.ts';

/** What a file is called until all is there, with `--part`. */
const PART = '.part';

const folderOf = (given: Given, option: string): string | undefined => {
  const folder = text(given, option);
  return folder === undefined ? undefined : resolve(folder);
};

/** Are any of the options given that say where files go, beside `-o`? */
export const placesFiles = (given: Given): string | undefined =>
  ['rename', 'incomplete-dir', 'move-to', 'part', 'adopt', 'similar', 'allocate'].find(
    (name) => given[name] !== undefined && given[name] !== false && texts(given, name)[0] !== undefined,
  );

/**
 * Where files go, and what they are called, now and when all is there: `--rename`, `--incomplete-dir`, `--move-to`,
 * `--part`, `--adopt` and `--allocate`, added to what `-o` says. @throws InputError
 */
export const placing = (given: Given): ((torrent: Torrent, target: Target) => Target) => {
  const [incomplete, moveTo] = [folderOf(given, 'incomplete-dir'), folderOf(given, 'move-to')];
  const renames = texts(given, 'rename');
  const allocate = oneOf(given, 'allocate', ['sparse', 'full']);
  return (torrent, target) => {
    const last = moveTo ?? (incomplete === undefined ? undefined : target.folder);
    return {
      ...target,
      ...(incomplete !== undefined && { folder: incomplete }),
      ...(last !== undefined && { moveTo: last }),
      ...(flag(given, 'part') && { suffix: PART }),
      ...(flag(given, 'adopt') && { adopt: true }),
      ...(allocate && { allocate }),
      ...renamesOf(torrent, renames),
    };
  };
};
