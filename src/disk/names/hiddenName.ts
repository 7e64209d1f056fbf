import { crc32 } from 'node:zlib';
import { systemOf } from './system.ts';

/** Bytes of the torrent's name kept, so that name, marks and suffix stay below the 255 of most disks. */
const MAX_KEPT = 180;

/**
 * Name of a hidden file beside the data called `name`; `suffix` has `rxtorrent` in it: `rxtorrent.lock`,
 * `0a1b2c3d.rxtorrent`.
 */
export const hiddenName = (name: string, suffix: string, platform: NodeJS.Platform = process.platform): string => {
  if (Buffer.byteLength(name) <= MAX_KEPT) return `.${name}.${suffix}`;
  // Names that begin alike must not share a file; names that are the same file must.
  const mark = crc32(systemOf(platform).fold(name)).toString(16).padStart(8, '0');
  return `.${[...name].slice(0, MAX_KEPT / 4).join('')}~${mark}.${suffix}`;
};

/**
 * Could it be one of ours, or one being made or taken away (`.tmp`, a number)? No torrent is given such a name, and
 * none is made of them.
 */
export const isHiddenName = (name: string): boolean => /^\..*\.rxtorrent(?:\.\w+){0,2}$/isu.test(name);
