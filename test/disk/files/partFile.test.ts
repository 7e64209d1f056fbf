import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Done } from '../../../src/disk/files/insideFolder.ts';
import { PartFile } from '../../../src/disk/files/partFile.ts';
import type { Storage } from '../../../src/contracts/storage.ts';
import { ended, withStorage } from '../opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';

const shape = { infoHash: new Uint8Array(20).fill(7), pieceLength: 100, pieceCount: 50 };
const fileIn = (folder: string, of = shape): PartFile => new PartFile(folder, path.join(folder, 'parts'), of);
const settled = <T>(call: (done: Done<T>) => void): Promise<T | undefined> =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
const write = async (file: PartFile, piece: number, bytes: Uint8Array, begin = 0): Promise<void> => {
  const parts = [bytes.subarray(0, 3), bytes.subarray(3)];
  await settled<void>((done) => file.write(piece, begin, parts, 0, bytes.length, done));
  file.check();
};
const read = async (file: PartFile, piece: number, length = 100): Promise<Uint8Array> => {
  const into = new Uint8Array(length);
  const count = await settled<number>((done) => file.read(piece, 0, into, done));
  return into.subarray(0, count);
};
const loaded = async (folder: string, of = shape): Promise<PartFile> => {
  const file = fileIn(folder, of);
  await new Promise<void>((resolve) => file.load(resolve));
  file.check();
  return file;
};
const closed = (file: PartFile): Promise<void> => new Promise((resolve) => file.close(resolve));

describe('PartFile', () => {
  it('keeps pieces apart from one run to the next, in as many places as there are pieces', async () => {
    const folder = tempFolder();
    const file = await loaded(folder);
    expect([file.pieces, fs.readdirSync(folder)]).toEqual([[], []]);
    await Promise.all([write(file, 49, bytesOf(100, 2)), write(file, 3, bytesOf(100, 3))]);
    await write(file, 49, bytesOf(40, 4), 60);
    await closed(file);
    const again = await loaded(folder);
    expect(again.pieces).toEqual([3, 49]);
    expect(await read(again, 3)).toEqual(bytesOf(100, 3));
    expect(await read(again, 49)).toEqual(new Uint8Array([...bytesOf(100, 2).subarray(0, 60), ...bytesOf(40, 4)]));
    expect(await read(again, 4)).toEqual(new Uint8Array());
    expect(fs.statSync(path.join(folder, 'parts')).size).toBeLessThan(4096 + 300);
    await closed(again);
  });

  it('uses the place of a piece that is dropped for another, and goes with the last', async () => {
    const folder = tempFolder();
    const file = await loaded(folder);
    await write(file, 1, bytesOf(100, 1));
    await write(file, 2, bytesOf(100, 2));
    const size = fs.statSync(path.join(folder, 'parts')).size;
    await settled<void>((done) => file.drop([1], done));
    file.check();
    await write(file, 3, bytesOf(100, 3));
    expect([file.pieces, fs.statSync(path.join(folder, 'parts')).size]).toEqual([[2, 3], size]);
    expect(await read(file, 2)).toEqual(bytesOf(100, 2));
    await settled<void>((done) => file.drop([2, 3], done));
    expect(fs.readdirSync(folder)).toEqual([]);
    // In the new file each has a place of its own again.
    for (const piece of [9, 10, 11]) await write(file, piece, bytesOf(100, piece));
    await closed(file);
    const again = await loaded(folder);
    for (const piece of [9, 10, 11]) expect(await read(again, piece)).toEqual(bytesOf(100, piece));
  });

  it('takes what is damaged, of another torrent or of somebody else for empty, and begins anew', async () => {
    const folder = tempFolder();
    const file = await loaded(folder);
    await write(file, 1, bytesOf(100));
    await closed(file);
    const good = fs.readFileSync(path.join(folder, 'parts'));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(good.length),
        async (at, flip, length) => {
          const bad = Buffer.from(good);
          bad[at] = (bad[at] as number) ^ flip;
          fs.writeFileSync(path.join(folder, 'parts'), bad.subarray(0, length));
          const again = await loaded(folder);
          for (const piece of again.pieces) await read(again, piece);
          await write(again, 5, bytesOf(100, 5));
          expect(await read(again, 5)).toEqual(bytesOf(100, 5));
          await closed(again);
        },
      ),
      { numRuns: 60 },
    );
    expect((await loaded(folder, { ...shape, infoHash: new Uint8Array(20) })).pieces).toEqual([]);
    expect((await loaded(folder, { ...shape, pieceLength: 99 })).pieces).toEqual([]);
  });
});

describe('a storage of which not everything is wanted', () => {
  // Pieces of 32: a 0–1, b 1–2, c 2–3.
  const torrent = torrentOf({ files: ['a', 'b', 'c'].map((name) => ({ path: [name], length: 40 })) });
  const data = bytesOf(120);
  const all = async (storage: Storage): Promise<Uint8Array> => {
    const back = new Uint8Array(120);
    await ended(storage.read(0, back));
    return back;
  };

  it('writes nothing but what is wanted, and reads the rest from beside it', async () => {
    const folder = tempFolder();
    await withStorage(torrent, { folder, wanted: (file) => file === 1 }, async (storage) => {
      await ended(
        storage.writev?.(32, [data.subarray(32, 64), data.subarray(64, 96)]) ??
          storage.write(32, data.subarray(32, 96)),
      );
      expect(storage.apart.pieces()).toEqual([1, 2]);
      const back = new Uint8Array(64);
      expect(await ended(storage.read(32, back))).toBe(64);
      expect(back).toEqual(data.slice(32, 96));
      await ended(storage.finish());
      await ended(storage.flush());
      await ended(storage.notes.save(new Uint8Array(3), true));
    });
    expect(fs.readdirSync(path.join(folder, 'name'))).toEqual(['b']);
    expect(new Uint8Array(fs.readFileSync(path.join(folder, 'name', 'b')))).toEqual(data.slice(40, 80));
    // The note makes sense of what is kept apart, so it stays beside it.
    expect(fs.readdirSync(folder).filter((name) => !name.endsWith('.lock')).length).toBe(3);
    await withStorage(torrent, { folder }, async (storage) => {
      const piece = new Uint8Array(32);
      await ended(storage.apart.read(32, piece));
      expect(piece).toEqual(data.slice(32, 64));
      await ended(storage.write(0, data));
      await ended(storage.finish());
      expect(storage.apart.pieces()).toEqual([]);
      expect(await all(storage)).toEqual(data);
      await ended(storage.notes.save(new Uint8Array(3), true));
    });
    expect(fs.readdirSync(folder).filter((name) => !name.endsWith('.lock'))).toEqual(['name']);
  });

  it('never writes to a file that is there and not wanted, and reads it if nothing is kept apart', async () => {
    const folder = tempFolder();
    fs.mkdirSync(path.join(folder, 'name'));
    fs.writeFileSync(path.join(folder, 'name', 'a'), data.subarray(0, 40));
    fs.writeFileSync(path.join(folder, 'name', 'c'), 'precious');
    await withStorage(torrent, { folder, wanted: (file) => file === 1 }, async (storage) => {
      expect((await all(storage)).slice(0, 40)).toEqual(data.slice(0, 40));
      await ended(storage.write(0, data));
      expect(await all(storage)).toEqual(data);
    });
    expect(fs.readFileSync(path.join(folder, 'name', 'c'), 'utf8')).toBe('precious');
  });
});
