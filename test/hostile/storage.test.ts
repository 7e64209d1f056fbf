import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_OPEN_FILES } from '../../src/disk/files/openFiles.ts';
import { ended, errorOf, eventually, withStorage } from '../disk/opened.ts';
import { smallDisk } from '../disk/smallDisk.ts';
import { bytesOf, tempFolder, torrentOf } from '../disk/torrents.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});
const disk = (room: number) => {
  const made = smallDisk(room);
  undos.push(() => made.undo());
  return made;
};
const openFilesIn = (folder: string): string[] =>
  fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = fs.readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return [];
    }
  });

describe('a full disk', () => {
  it('is a `full` in one line, and goes on once there is room', async () => {
    const { folder, free } = disk(200_000);
    const data = bytesOf(600_000);
    const torrent = torrentOf({
      files: [
        { path: ['a'], length: 250_000 },
        { path: ['b'], length: 350_000 },
      ],
    });
    await withStorage(torrent, { folder }, async (storage) => {
      const error = await errorOf(storage.write(0, data));
      expect(error).toMatchObject({ name: 'StorageError', code: 'full' });
      expect((error as Error).message).toMatch(/^can't write .*\/name\/a: the disk is full; free some space$/);
      free();
      expect(await ended(storage.write(0, data))).toBe(600_000);
      const back = new Uint8Array(600_000);
      await ended(storage.read(0, back));
      expect(Buffer.compare(back, data)).toBe(0);
    });
  });

  it('leaves the note of before as it was', async () => {
    const { folder } = disk(100_000);
    await withStorage(torrentOf(), { folder }, async (storage) => {
      await ended(storage.notes.save(bytesOf(1000, 1)));
      const error = await errorOf(storage.notes.save(bytesOf(2_000_000, 2)));
      expect(error).toMatchObject({ name: 'StorageError', code: 'full' });
      expect(new Uint8Array((await ended(storage.notes.load())) ?? [])).toEqual(bytesOf(1000, 1));
      expect(fs.readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });
  });
});

describe('a disk that refuses', () => {
  it('read-only: reads what is there without a lock, and says `denied` to every change', async () => {
    const { folder, readOnly } = disk(500_000);
    fs.mkdirSync(path.join(folder, 'name'));
    fs.writeFileSync(path.join(folder, 'name', 'a'), bytesOf(100));
    const { open } = fs;
    readOnly();
    const pretended = fs.open !== open;
    await withStorage(torrentOf(), { folder }, async (storage) => {
      const into = new Uint8Array(100);
      if (!pretended) expect(await ended(storage.read(0, into))).toBe(100);
      // Nothing is lacking, so nothing is changed.
      expect(await ended(storage.finish())).toBeUndefined();
      for (const change of [storage.write(0, into), storage.notes.save(into)]) {
        expect(await errorOf(change)).toMatchObject({
          name: 'StorageError',
          code: 'denied',
          message: expect.stringContaining(folder),
        });
      }
    });
    const empty = { path: ['empty'], length: 0 };
    await withStorage(torrentOf({ files: [{ path: ['a'], length: 100 }, empty] }), { folder }, async (storage) => {
      expect(await errorOf(storage.finish())).toMatchObject({ name: 'StorageError', code: 'denied' });
    });
  });

  it.each([
    ['EIO', 'io'],
    ['EDQUOT', 'full'],
    ['EACCES', 'denied'],
    ['EFBIG', 'io'],
  ])('%s while writing is a %s that names the file, and no retry', async (errno, code) => {
    const folder = tempFolder();
    const { write } = fs;
    undos.push(() => Object.assign(fs, { write }));
    let calls = 0;
    await withStorage(torrentOf(), { folder }, async (storage) => {
      fs.write = ((...args: unknown[]) => {
        calls++;
        setImmediate(() => (args.at(-1) as (error: Error) => void)(Object.assign(new Error(errno), { code: errno })));
      }) as typeof fs.write;
      const error = await errorOf(storage.write(0, bytesOf(100)));
      expect(error).toMatchObject({
        name: 'StorageError',
        code,
        message: expect.stringContaining(path.join(folder, 'name', 'a')),
      });
      expect((error as Error).message).not.toContain('\n');
      expect(calls).toBe(1);
    });
  });

  it('a path that is too long for the disk is an error that says so', async () => {
    // The names of a torrent are made to fit; the one that the user gives is not.
    await withStorage(torrentOf(), { folder: tempFolder(), name: 'x'.repeat(256) }, async (storage) => {
      for (const change of [storage.write(0, new Uint8Array(10))]) {
        expect(await errorOf(change)).toMatchObject({
          name: 'StorageError',
          code: 'io',
          message: expect.stringContaining('too long'),
        });
      }
      expect((await ended(storage.stamps()))?.[0]).toEqual({ size: -1, mtime: 0 });
    });
  });

  it('a folder, a named pipe or a file in the way is an error, and nothing hangs', async () => {
    const folder = tempFolder();
    fs.mkdirSync(path.join(folder, 'name', 'dir'), { recursive: true });
    execFileSync('mkfifo', [path.join(folder, 'name', 'pipe')]);
    fs.writeFileSync(path.join(folder, 'name', 'file'), 'x');
    for (const names of [['dir'], ['pipe'], ['file', 'below']]) {
      await withStorage(torrentOf({ files: [{ path: names, length: 10 }] }), { folder }, async (storage) => {
        expect(await errorOf(storage.write(0, new Uint8Array(10))), names.join()).toMatchObject({
          name: 'StorageError',
        });
        expect(await errorOf(storage.finish())).toMatchObject({ name: 'StorageError' });
      });
    }
    const inTheWay = path.join(folder, 'name', 'file');
    await withStorage(torrentOf(), { folder: inTheWay }, async (storage) => {
      expect(await errorOf(storage.write(0, new Uint8Array(10)))).toMatchObject({ name: 'StorageError' });
    });
  });
});

describe('many files', () => {
  const many = (count: number) =>
    torrentOf({
      pieceLength: 16_384,
      files: Array.from({ length: count }, (_, n) => ({ path: [`d${n % 50}`, `f${n}`], length: 7 })),
    });

  it('5000 files keep at most 128 open, and everything is closed in the end', async () => {
    const folder = tempFolder();
    const data = bytesOf(35_000);
    let most = 0;
    await withStorage(many(5000), { folder }, async (storage) => {
      most = Math.max(most, openFilesIn(folder).length);
      await Promise.all(
        [0, 7000, 14_000, 21_000, 28_000].map((at) => ended(storage.write(at, data.subarray(at, at + 7000)))),
      );
      // What has given its place to another is closed beside it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      most = Math.max(most, openFilesIn(folder).length);
      const back = new Uint8Array(35_000);
      expect(await ended(storage.read(0, back))).toBe(35_000);
      expect(Buffer.compare(back, data)).toBe(0);
      await ended(storage.flush());
    });
    expect(most).toBeGreaterThan(50);
    expect(most).toBeLessThanOrEqual(MAX_OPEN_FILES);
    await eventually(() => openFilesIn(folder).length === 0);
  });

  it('5000 files work where a process may open 256 in all', () => {
    const script = fileURLToPath(new URL('../disk/manyFiles.ts', import.meta.url));
    const ran = spawnSync(
      'sh',
      ['-c', 'ulimit -n 256 && exec "$@"', 'sh', process.execPath, '--import', 'tsx', script, tempFolder()],
      { encoding: 'utf8' },
    );
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toBe('5000 files, the same back\n');
  });

  it('100,000 files of one byte in one piece do not overflow anything', async () => {
    const files = Array.from({ length: 100_000 }, (_, n) => ({ path: [`f${n}`], length: 1, padding: n % 1000 !== 0 }));
    await withStorage(torrentOf({ pieceLength: 2 ** 20, files }), { folder: tempFolder() }, async (storage) => {
      expect(await ended(storage.write(0, bytesOf(100_000)))).toBe(100_000);
      const back = new Uint8Array(100_000).fill(1);
      expect(await ended(storage.read(0, back))).toBe(100_000);
      expect(back.filter((byte) => byte !== 0).length).toBe(100);
    });
  });

  it('a process without descriptors left closes its own and tries again', async () => {
    const folder = tempFolder();
    const { open } = fs;
    undos.push(() => Object.assign(fs, { open }));
    let refusals = 3;
    await withStorage(many(10), { folder }, async (storage) => {
      await ended(storage.write(0, bytesOf(35)));
      fs.open = ((...args: Parameters<typeof fs.open>) => {
        if (!String(args[0]).includes('/f') || refusals-- <= 0) return open(...args);
        return setImmediate(() =>
          (args.at(-1) as unknown as (error: Error) => void)(Object.assign(new Error('EMFILE'), { code: 'EMFILE' })),
        );
      }) as typeof fs.open;
      expect(await ended(storage.write(35, bytesOf(35)))).toBe(35);
      expect(refusals).toBeLessThan(0);
    });
  });
});
