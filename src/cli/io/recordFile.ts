import { closeSync, openSync, writeSync } from 'node:fs';
import { constants, gzipSync } from 'node:zlib';
import { diskError } from '../../disk/errors/diskError.ts';
import type { RecordingSink } from '../../recording/timeline.ts';
import { mayWrite } from '../input/newFile.ts';
import { visible } from './text.ts';

/** Bytes of one part of a recording; the next is FILE.1. */
const PART = 256 * 2 ** 20;

/** Where part `nth` of a recording is. */
export const partOf = (path: string, nth: number): string => (nth === 0 ? path : `${path}.${nth}`);

/**
 * Appends recorded events to `path` at once, so that a killed program leaves a recording. Compressed if the name ends
 * in .gz. When a part is full the next one begins. If the disk fails the recording ends, `say` is told, and the
 * download goes on. @throws InputError, StorageError
 */
export const recordFile = (path: string, force: boolean, say: (line: string) => void, part = PART): RecordingSink => {
  mayWrite(path, force);
  const open = (nth: number): number => openSync(partOf(path, nth), force || nth > 0 ? 'w' : 'wx', 0o600);
  let fd: number | undefined;
  try {
    fd = open(0);
  } catch (error) {
    throw diskError('write', path, error);
  }
  let [nth, size] = [0, 0];
  const packed = (bytes: Uint8Array): Uint8Array =>
    path.endsWith('.gz') ? gzipSync(bytes, { level: constants.Z_BEST_SPEED }) : bytes;
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  return (bytes) => {
    if (fd === undefined) return;
    try {
      if (size > part) {
        close();
        fd = open(++nth);
        size = 0;
      }
      const out = packed(bytes);
      for (let at = 0; at < out.length; ) at += writeSync(fd, out, at);
      size += out.length;
    } catch (error) {
      close();
      say(`the recording ends here: ${visible(diskError('write', partOf(path, nth), error).message)}`);
    }
  };
};
