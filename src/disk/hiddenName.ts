import { crc32 } from 'node:zlib';

/** Bytes of the torrent's name kept, so that name, marks and suffix stay below the 255 of most disks. */
const MAX_KEPT = 180;

/** Name of a hidden file beside the data called `name`. */
export const hiddenName = (name: string, suffix: string): string => {
  if (Buffer.byteLength(name) <= MAX_KEPT) return `.${name}.${suffix}`;
  // Names that begin alike must not share a file.
  const mark = crc32(name).toString(16).padStart(8, '0');
  return `.${[...name].slice(0, MAX_KEPT / 4).join('')}~${mark}.${suffix}`;
};
