import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { safeNames } from '../names/safePath.ts';

/** One file of a torrent: where it goes, and what the torrent calls it. Both are names joined by `/`. */
export interface FilePlace {
  /** The path below the download folder that is written to; '' for padding, which is never written. */
  readonly path: string;
  /** The names in the torrent. They come from a stranger: they are not safe to use on disk, nor on a terminal. */
  readonly originalPath: string;
  /** Do the two differ? Never for padding. */
  readonly renamed: boolean;
}

/**
 * Where each of `torrent.files` goes on a system, in order, and which of them get another name there. `name` is the
 * name that the user gives to the file or folder (`Target.name`).
 *
 * @example filePlaces(torrent, 'win32') // [{ path: 'ROOT/what_.txt', originalPath: 'ROOT/what?.txt', renamed: true }]
 */
export const filePlaces = (
  torrent: Torrent,
  platform: NodeJS.Platform = process.platform,
  name?: string,
): readonly FilePlace[] => {
  const places = safeNames(torrent, name === undefined ? {} : { name }, platform);
  return torrent.files.map((file, n) => {
    const originalPath = (torrent.layout === 'file' ? [torrent.name] : [torrent.name, ...file.path]).join('/');
    const path = places[n]?.join('/') ?? '';
    return { path, originalPath, renamed: !file.padding && path !== originalPath };
  });
};
