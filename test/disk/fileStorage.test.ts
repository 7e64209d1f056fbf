import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesOf, tempFolder, torrentOf } from './torrents.ts';
import { ended, withStorage } from './opened.ts';

const three = [
  { path: ['a'], length: 50 },
  { path: ['empty'], length: 0 },
  { path: ['.pad', '14'], length: 14, padding: true },
  { path: ['sub', 'b'], length: 36 },
];

describe('openStorage', () => {
  it('writes across file borders and reads the same back, padding as zeros', async () => {
    const folder = tempFolder();
    const data = bytesOf(100);
    const torrent = torrentOf({ files: three });
    await withStorage(torrent, { folder }, async (storage) => {
      expect(await ended(storage.write(0, data))).toBe(100);
      const back = new Uint8Array(100).fill(9);
      expect(await ended(storage.read(0, back))).toBe(100);
      const expected = data.slice();
      expected.fill(0, 50, 64);
      expect(back).toEqual(expected);
      await ended(storage.flush());
    });
    expect(fs.readdirSync(path.join(folder, 'name'))).toEqual(['a', 'sub']);
    expect(new Uint8Array(fs.readFileSync(path.join(folder, 'name', 'sub', 'b')))).toEqual(data.slice(64));
  });

  it('prepares folders and sparse files at their final sizes, cuts longer ones, leaves the content', async () => {
    const folder = tempFolder();
    fs.mkdirSync(path.join(folder, 'name', 'sub'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'name', 'sub', 'b'), Buffer.alloc(100, 7));
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      await ended(storage.prepare());
      expect((await ended(storage.stamps()))?.map(({ size }) => size)).toEqual([50, 0, -1, 36]);
    });
    expect(fs.readFileSync(path.join(folder, 'name', 'sub', 'b'))).toEqual(Buffer.alloc(36, 7));
  });

  it('creates nothing but its lock before it is asked to', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      expect(await ended(storage.read(0, new Uint8Array(10)))).toBe(0);
      expect((await ended(storage.stamps()))?.every(({ size }) => size === -1)).toBe(true);
      expect(await ended(storage.notes.load())).toBeUndefined();
      expect(fs.readdirSync(folder)).toEqual(['.name.rxtorrent.lock']);
    });
  });

  it('keeps notes', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf(), { folder }, async (storage) => {
      await ended(storage.notes.save(bytesOf(1000)));
      expect(new Uint8Array((await ended(storage.notes.load())) ?? [])).toEqual(bytesOf(1000));
    });
  });
});
