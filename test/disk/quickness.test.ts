import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Quickness } from '../../src/disk/quickness.ts';
import { ended, withStorage } from './opened.ts';
import { bytesOf, tempFolder, torrentOf } from './torrents.ts';

const KiB = 1024;
const MiB = 2 ** 20;
const proven = (): Quickness => {
  const disk = new Quickness();
  for (let n = 0; n < 8; n++) disk.wrote(256 * KiB, 1);
  return disk;
};

describe('Quickness', () => {
  it('trusts a disk after eight quick writes in a row', () => {
    const disk = new Quickness();
    for (let n = 0; n < 7; n++) disk.wrote(256 * KiB, 1);
    expect(disk.trusts(256 * KiB)).toBe(false);
    disk.wrote(256 * KiB, 1);
    expect(disk.trusts(256 * KiB)).toBe(true);
  });

  it('one slow write, or one that failed, and all has to be proved again', () => {
    for (const spoil of [(disk: Quickness) => disk.wrote(256 * KiB, 10), (disk: Quickness) => disk.wrote(256 * KiB, 10), (disk: Quickness) => disk.failed()]) {
      const disk = proven();
      spoil(disk);
      expect(disk.trusts(1)).toBe(false);
      for (let n = 0; n < 8; n++) disk.wrote(1, 1);
      expect(disk.trusts(1)).toBe(true);
    }
  });

  it('a large write may take longer, but is never done while everything waits', () => {
    const disk = proven();
    disk.wrote(16 * MiB, 60);
    expect(disk.trusts(256 * KiB)).toBe(true);
    expect(disk.trusts(256 * KiB + 1)).toBe(false);
    disk.wrote(16 * MiB, 80);
    expect(disk.trusts(1)).toBe(false);
  });
});

describe('a file storage', () => {
  const { write, writeSync } = fs;
  afterEach(() => void Object.assign(fs, { write, writeSync }));

  it('writes at once when the disk is quick, goes back to another thread when it is not, and loses nothing', async () => {
    const folder = tempFolder();
    let threads = 0;
    let now = 0;
    fs.write = ((...args: Parameters<typeof write>) => {
      threads++;
      return write(...args);
    }) as unknown as typeof write;
    fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
      now++;
      // A slow one: the fourth.
      for (const end = performance.now() + (now === 4 ? 12 : 0); performance.now() < end; );
      return writeSync(...args);
    }) as typeof writeSync;
    const data = bytesOf(40 * 1000);
    await withStorage(torrentOf({ files: [{ path: ['a'], length: data.length }] }), { folder }, async (storage) => {
      for (let at = 0; at < data.length; at += 1000) await ended(storage.write(at, data.subarray(at, at + 1000)));
      const back = new Uint8Array(data.length);
      await ended(storage.read(0, back));
      expect(Buffer.compare(back, data)).toBe(0);
    });
    expect(threads + now).toBeGreaterThanOrEqual(40);
    expect(now).toBeGreaterThanOrEqual(4);
    expect(threads).toBeGreaterThanOrEqual(16);
  });

  it.each([
    ['EIO', 'io'],
    ['ENOSPC', 'full'],
  ])('%s of a write done at once is a %s, as from a thread', async (errno, code) => {
    const data = bytesOf(2000);
    await withStorage(torrentOf({ files: [{ path: ['a'], length: data.length }] }), { folder: tempFolder() }, async (storage) => {
      fs.writeSync = () => {
        throw Object.assign(new Error(errno), { code: errno });
      };
      let failing: unknown;
      for (let n = 0; n < 1000 && failing === undefined; n++) {
        failing = await ended(storage.write(0, data)).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      expect(failing).toMatchObject({ name: 'StorageError', code });
    });
  });
});
