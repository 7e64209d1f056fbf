import { readFileSync } from 'node:fs';
import { toHex } from '../../protocol/encoding/id.ts';
import { parseTorrent } from '../../torrent/metainfo/metainfo.ts';
import { lookAt, mayWrite } from '../input/newFile.ts';

/** Bytes of a .torrent that is looked into. */
const MOST = 10_000_000;

const isOf = (path: string, infoHash: string): boolean => {
  const there = lookAt(path);
  if (!there?.isFile() || there.size > MOST) return false;
  try {
    return toHex(parseTorrent(readFileSync(path)).infoHash) === infoHash;
  } catch {
    // The file is not ours, whatever it is.
    return false;
  }
};

/**
 * The `path` to write the .torrent to, if it has to be: an earlier run may have done it. @throws InputError,
 * StorageError
 */
export const unsaved = (path: string | undefined, infoHash: string, force: boolean): string | undefined => {
  if (path === undefined || isOf(path, infoHash)) return undefined;
  mayWrite(path, force);
  return path;
};
