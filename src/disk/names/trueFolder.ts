import fs from 'node:fs';
import path from 'node:path';

/** The real path of `folder`, without links; the part of it that does not exist yet stays as it is. */
export const trueFolder = (folder: string): string => {
  const absolute = path.resolve(folder);
  try {
    return fs.realpathSync.native(absolute);
  } catch {
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(trueFolder(parent), path.basename(absolute));
  }
};
