import { crc32 } from 'node:zlib';
import { systemOf } from './system.ts';

/**
 * Maximum number of bytes kept of the torrent's name, so that name, marks and suffix stay below the 255 bytes of most
 * disks.
 */
const MAX_KEPT = 180;

/**
 * The name of a hidden file beside the data called `name`; `suffix` contains `rxtorrent`: `rxtorrent.lock`,
 * `0a1b2c3d.rxtorrent`.
 */
export const hiddenName = (name: string, suffix: string, platform: NodeJS.Platform = process.platform): string => {
  if (Buffer.byteLength(name) <= MAX_KEPT) return `.${name}.${suffix}`;
  // Names with the same beginning must not share a hidden file; names of the same file must.
  const mark = crc32(systemOf(platform).fold(name)).toString(16).padStart(8, '0');
  return `.${[...name].slice(0, MAX_KEPT / 4).join('')}~${mark}.${suffix}`;
};

/**
 * Could it be one of our hidden files, or a temporary one (`.tmp`, a number)? No torrent gets such a name, and such
 * files are not shared.
 */
export const isHiddenName = (name: string): boolean => /^\..*\.rxtorrent(?:\.\w+){0,2}$/isu.test(name);
