import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, errorOf, withStorage } from '../opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';

// Padding is from 50 to 64.
const three = [
  { path: ['a'], length: 50 },
  { path: ['empty'], length: 0 },
  { path: ['.pad', '14'], length: 14, padding: true },
  { path: ['sub', 'b'], length: 36 },
];

describe('the files of a storage', () => {
  it('gives a file its length at its first write, sparse, and makes files without a byte only in the end', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      await ended(storage.write(60, bytesOf(10)));
      expect((await ended(storage.stamps()))?.map(({ size }) => size)).toEqual([-1, -1, -1, 36]);
      await ended(storage.write(0, bytesOf(50)));
      expect((await ended(storage.stamps()))?.map(({ size }) => size)).toEqual([50, -1, -1, 36]);
      await ended(storage.finish());
      expect((await ended(storage.stamps()))?.map(({ size }) => size)).toEqual([50, 0, -1, 36]);
    });
  });

  it('neither writes to nor cuts a file that is too long, unless it may be replaced', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'name', 'sub', 'b');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, Buffer.alloc(100, 7));
    const occupied = { name: 'StorageError', code: 'occupied', message: expect.stringContaining(file) };
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      expect(await errorOf(storage.write(60, bytesOf(10)))).toMatchObject(occupied);
      await ended(storage.write(0, bytesOf(50)));
      expect(await errorOf(storage.finish())).toMatchObject(occupied);
    });
    expect(fs.readFileSync(file)).toEqual(Buffer.alloc(100, 7));
    await withStorage(torrentOf({ files: three }), { folder, force: true }, (storage) => ended(storage.finish()));
    expect(fs.readFileSync(file)).toEqual(Buffer.alloc(36, 7));
  });

  it('keeps nothing of a file that is replaced', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'name', 'sub', 'b');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, Buffer.alloc(30, 7));
    await withStorage(torrentOf({ files: three }), { folder, force: true }, async (storage) => {
      storage.replace([3]);
      await ended(storage.write(64, bytesOf(6)));
    });
    expect(new Uint8Array(fs.readFileSync(file))).toEqual(new Uint8Array([...bytesOf(6), ...new Uint8Array(30)]));
  });

  it('says so when a file is deleted, moved, replaced or cut while it is written to', async () => {
    const harms: ((file: string) => void)[] = [
      (file) => fs.rmSync(file),
      (file) => fs.renameSync(file, `${file}.old`),
      (file) => fs.truncateSync(file, 3),
      (file) => {
        fs.writeFileSync(`${file}.new`, Buffer.alloc(36, 7));
        fs.renameSync(`${file}.new`, file);
      },
    ];
    for (const harm of harms) {
      const folder = tempFolder();
      const file = path.join(folder, 'name', 'sub', 'b');
      const missing = { name: 'StorageError', code: 'missing', message: expect.stringContaining(file) };
      await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
        await ended(storage.write(0, bytesOf(100)));
        await ended(storage.finish());
        harm(file);
        expect(await errorOf(storage.finish())).toMatchObject(missing);
        expect((await ended(storage.stamps()))?.[3]?.mtime).toBe(0);
      });
    }
  });

  it('notices at the next write that a file was deleted or replaced', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'name', 'sub', 'b');
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      await ended(storage.write(60, bytesOf(10)));
      fs.writeFileSync(`${file}.new`, Buffer.alloc(36, 7));
      fs.renameSync(`${file}.new`, file);
      expect(await errorOf(storage.write(60, bytesOf(10)))).toMatchObject({ code: 'missing' });
    });
    expect(fs.readFileSync(file)).toEqual(Buffer.alloc(36, 7));
  });

  it('doubts a file that another program has written to in between', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'name', 'sub', 'b');
    for (const look of ['write', 'stamps', 'finish'] as const) {
      await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
        await ended(storage.write(0, bytesOf(100)));
        expect(storage.doubted()).toEqual([]);
        await new Promise((resolve) => setTimeout(resolve, 20));
        fs.writeFileSync(file, Buffer.alloc(36, 7));
        await ended<unknown>(look === 'write' ? storage.write(60, bytesOf(10)) : storage[look]());
        expect(storage.doubted(), look).toEqual([3]);
        expect((await ended(storage.stamps()))?.map(({ mtime }) => mtime > 0)).toEqual([
          true,
          look === 'finish',
          false,
          false,
        ]);
      });
    }
  });

  it('says so when two of them are one on the disk', async () => {
    const folder = tempFolder();
    fs.mkdirSync(path.join(folder, 'name', 'sub'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'name', 'a'), '');
    fs.linkSync(path.join(folder, 'name', 'a'), path.join(folder, 'name', 'sub', 'b'));
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      expect(await errorOf(storage.write(0, bytesOf(100)))).toMatchObject({
        code: 'io',
        message: expect.stringContaining('one file on this disk'),
      });
    });
  });
});
