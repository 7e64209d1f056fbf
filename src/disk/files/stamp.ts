import type { Stats } from 'node:fs';
import type { FileStamp } from '../../contracts/storage.ts';

/** Bytes of a block, as `stat` counts them. */
const BLOCK = 512;

/** Of a file that is not there. */
export const NO_FILE: FileStamp = { size: -1, mtime: 0 };

/** What the system says of a file. */
export const stampOf = ({ size, mtimeMs, ctimeMs, ino, blocks }: Stats): FileStamp => ({
  ...{ size, ino },
  mtime: mtimeMs,
  ctime: ctimeMs,
  allocated: blocks * BLOCK,
});
