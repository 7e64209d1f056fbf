import { safePaths } from '../../src/disk/names/safePath.ts';
import { systemOf } from '../../src/disk/names/system.ts';
import { torrentOf } from '../disk/torrents.ts';

/** Where downloads go, on each system. */
export const folders = { linux: '/downloads/here', darwin: '/downloads/here', win32: 'D:\\downloads\\here' } as const;

export type Platform = keyof typeof folders;

/** Below the torrent's own folder, with `/` on every system. */
export const placedOn = (platform: Platform, paths: readonly (readonly string[])[], how = safePaths): string[] => {
  const { relative, sep } = systemOf(platform).path;
  const torrent = torrentOf({ files: paths.map((path) => ({ path, length: 1 })) });
  return how(torrent, { folder: folders[platform] }, platform).map(
    (file) => file && relative(`${folders[platform]}${sep}name`, file).replaceAll(sep, '/'),
  );
};

export const folder = folders.linux;
