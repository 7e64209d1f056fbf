import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { tempFolder } from './torrents.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Deletes what fills the disk. */
  free(): void;
  /** Where mounting is allowed, everything may be made read-only. */
  readOnly(): void;
  undo(): void;
}

const mount = (...args: string[]): boolean => {
  try {
    execFileSync('mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/**
 * A disk of 1 MiB of which about `room` bytes are free: a real one if we may mount, else `fs.write` and `fs.open` that
 * act as if.
 */
export const smallDisk = (room: number): SmallDisk => {
  const folder = tempFolder();
  return mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder) ? mounted(folder, room) : pretended(folder, room);
};

const mounted = (folder: string, room: number): SmallDisk => {
  const ballast = path.join(folder, 'ballast');
  fs.writeFileSync(ballast, Buffer.alloc(2 ** 20 - room, 1));
  return {
    folder,
    free: () => fs.rmSync(ballast),
    readOnly: () => void mount('-o', 'remount,ro', folder),
    undo: () => void execFileSync('umount', ['-l', folder]),
  };
};

const pretended = (folder: string, room: number): SmallDisk => {
  const { write, open, mkdir, writeFile } = fs;
  let left = room;
  const failing = (code: string) =>
    ((...args: unknown[]) =>
      (args.at(-1) as (error: Error) => void)(Object.assign(new Error(code), { code }))) as unknown;
  fs.write = ((
    fd: number,
    bytes: Uint8Array,
    from: number,
    length: number,
    at: number,
    done: (error: Error | null, count: number) => void,
  ) => {
    if (left <= 0) return done(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), 0);
    const part = Math.min(left, length);
    left -= part;
    return write(fd, bytes, from, part, at, done);
  }) as typeof fs.write;
  fs.writeFile = ((file: number | string, bytes: string | Uint8Array, ...rest: unknown[]) => {
    if (bytes.length > left)
      return (rest.at(-1) as (error: Error) => void)(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    return (writeFile as (...args: unknown[]) => void)(file, bytes, ...rest);
  }) as typeof fs.writeFile;
  return {
    folder,
    free: () => void (left = Infinity),
    readOnly: () =>
      void Object.assign(fs, { open: failing('EROFS'), mkdir: failing('EROFS'), writeFile: failing('EROFS') }),
    undo: () => void Object.assign(fs, { write, open, mkdir, writeFile }),
  };
};
