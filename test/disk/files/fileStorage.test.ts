import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';
import { openStorage } from '../../../src/disk/files/fileStorage.ts';
import type { Storage } from '../../../src/contracts/storage.ts';
import { ended, errorOf, withStorage } from '../opened.ts';

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

  it('reads as far as there is something, and never creates', async () => {
    const folder = tempFolder();
    const torrent = torrentOf({ files: three });
    fs.mkdirSync(path.join(folder, 'name', 'sub'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'name', 'sub', 'b'), bytesOf(20));
    await withStorage(torrent, { folder }, async (storage) => {
      const into = new Uint8Array(100);
      expect(await ended(storage.read(0, into))).toBe(0);
      expect(await ended(storage.read(50, into.subarray(0, 50)))).toBe(34);
      expect(into.subarray(14, 34)).toEqual(bytesOf(20));
      fs.writeFileSync(path.join(folder, 'name', 'a'), bytesOf(50));
      expect(await ended(storage.read(0, into))).toBe(84);
      fs.truncateSync(path.join(folder, 'name', 'a'), 49);
      expect(await ended(storage.read(0, into))).toBe(49);
    });
  });

  it('writes several buffers as if they were one, across file borders and padding, whatever is cut where', async () => {
    const data = bytesOf(100);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(100), { maxLength: 6 }), fc.nat(99), async (cuts, offset) => {
        const folder = tempFolder();
        const places = [offset, ...cuts.filter((cut) => cut > offset).sort((a, b) => a - b), 100];
        const parts = places.slice(1).map((end, n) => data.subarray(places[n], end));
        await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
          expect(await ended((storage.writev as NonNullable<Storage['writev']>)(offset, parts))).toBe(100 - offset);
          const back = new Uint8Array(100 - offset);
          await ended(storage.read(offset, back));
          const expected = data.slice();
          expected.fill(0, 50, 64);
          expect(back).toEqual(expected.subarray(offset));
        });
      }),
      { numRuns: 30 },
    );
  });

  it('writes several buffers inside one file by one call, and goes on after part of them', async () => {
    const folder = tempFolder();
    const data = bytesOf(1000);
    const { writev } = fs;
    const calls: number[] = [];
    let most = Infinity;
    try {
      await withStorage(torrentOf({ files: [{ path: ['a'], length: 2000 }] }), { folder }, async (storage) => {
        fs.writev = ((fd: number, views: readonly Uint8Array[], at: number, done: () => void) => {
          calls.push(views.length);
          const some = Buffer.concat(views).subarray(0, most);
          fs.write(fd, some, 0, some.length, at, done);
        }) as unknown as typeof writev;
        const parts = [data.subarray(0, 100), data.subarray(100, 600), data.subarray(600)];
        expect(await ended((storage.writev as NonNullable<Storage['writev']>)(7, parts))).toBe(1000);
        expect(calls).toEqual([3]);
        most = 300;
        expect(await ended((storage.writev as NonNullable<Storage['writev']>)(500, parts))).toBe(1000);
        expect(calls).toEqual([3, 3, 2, 1, 1]);
        const back = new Uint8Array(1500);
        await ended(storage.read(0, back));
        expect(Buffer.compare(back.subarray(500), data)).toBe(0);
        expect(Buffer.compare(back.subarray(7, 500), data.subarray(0, 493))).toBe(0);
      });
    } finally {
      fs.writev = writev;
    }
  });

  it('writes a piece inside one file by one call, and goes on after part of one', async () => {
    const folder = tempFolder();
    const data = bytesOf(2 ** 20);
    const { write } = fs;
    let calls = 0;
    let most = Infinity;
    let same = true;
    try {
      await withStorage(torrentOf({ files: [{ path: ['a'], length: 2 ** 21 }] }), { folder }, async (storage) => {
        fs.write = ((fd: number, bytes: Uint8Array, from: number, length: number, at: number, done: () => void) => {
          calls++;
          same &&= bytes === data;
          write(fd, bytes, from, Math.min(length, most), at, done);
        }) as typeof write;
        expect(await ended(storage.write(12_345, data))).toBe(2 ** 20);
        expect(calls).toBe(1);
        most = 300_000;
        expect(await ended(storage.write(99, data))).toBe(2 ** 20);
        expect(calls).toBe(5);
        expect(same).toBe(true);
        const back = new Uint8Array(2 ** 20);
        await ended(storage.read(99, back));
        expect(Buffer.compare(back, data)).toBe(0);
      });
    } finally {
      fs.write = write;
    }
  });

  it('works with shared memory, both ways', async () => {
    const data = new Uint8Array(new SharedArrayBuffer(100));
    data.set(bytesOf(100));
    await withStorage(torrentOf(), { folder: tempFolder() }, async (storage) => {
      await ended(storage.write(0, data));
      const back = new Uint8Array(new SharedArrayBuffer(100));
      await ended(storage.read(0, back));
      expect(new Uint8Array(back)).toEqual(bytesOf(100));
    });
  });

  it('takes no room for what was not written, and leaves a file of the right size alone', async () => {
    const folder = tempFolder();
    const length = 2 ** 36;
    const torrent = torrentOf({
      pieceLength: 2 ** 24,
      layout: 'file',
      name: 'big',
      files: [{ path: ['big'], length }],
    });
    await withStorage(torrent, { folder, name: 'mine' }, async (storage) => {
      await ended(storage.write(length - 10, bytesOf(10)));
      const before = await ended(storage.stamps());
      expect(before?.[0]?.size).toBe(length);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await ended(storage.finish());
      expect(await ended(storage.stamps())).toEqual(before);
    });
    expect(fs.statSync(path.join(folder, 'mine')).blocks * 512).toBeLessThan(2 ** 20);
  });

  it('stops between files when nobody waits any more', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
      await ended(storage.write(0, bytesOf(1)));
      storage.write(0, bytesOf(100)).subscribe().unsubscribe();
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(fs.existsSync(path.join(folder, 'name', 'sub'))).toBe(false);
  });

  it('ends what is under way, then closes its files and gives the lock back', async () => {
    const folder = tempFolder();
    const data = bytesOf(2 ** 22);
    await withStorage(
      torrentOf({ pieceLength: 2 ** 20, files: [{ path: ['a'], length: data.length }] }),
      { folder },
      async (storage) => {
        storage.write(0, data).subscribe();
      },
    );
    const open = (): string[] =>
      fs.readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
        } catch {
          return false;
        }
      });
    for (let tries = 0; tries < 200 && (open().length > 0 || fs.readdirSync(folder).join() !== 'name'); tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(open()).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual(['name']);
    expect(Buffer.compare(fs.readFileSync(path.join(folder, 'name', 'a')), data)).toBe(0);
  });

  it('is cold and may be opened again and again; a closed one refuses', async () => {
    const folder = tempFolder();
    let kept: Storage | undefined;
    for (let round = 0; round < 5; round++)
      await withStorage(torrentOf(), { folder }, async (storage) => void (kept = storage));
    expect(await errorOf((kept as Storage).read(0, new Uint8Array(1)))).toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining('closed'),
    });
    expect(openStorage(torrentOf(), { folder: path.join(folder, 'never') })).toBeDefined();
    expect(fs.existsSync(path.join(folder, 'never'))).toBe(false);
  });

  it('is our own defect to reach beyond the end, and holds nothing up', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf(), { folder }, async (storage) => {
      expect(await errorOf(storage.write(99, bytesOf(2)))).toMatchObject({ name: 'InvariantError' });
      expect(await errorOf(storage.read(-1, new Uint8Array(2)))).toMatchObject({ name: 'InvariantError' });
    });
    await withStorage(torrentOf(), { folder }, (storage) => ended(storage.write(0, bytesOf(1))));
  });

  it('flushes each file once, and again what failed', async () => {
    const folder = tempFolder();
    const { fsync } = fs;
    const synced: string[] = [];
    let failure: Error | null = null;
    fs.fsync = ((fd: number, done: (error: Error | null) => void) => {
      synced.push(path.relative(folder, fs.readlinkSync(`/proc/self/fd/${fd}`)));
      done(failure);
    }) as typeof fsync;
    try {
      await withStorage(torrentOf({ files: three }), { folder }, async (storage) => {
        await ended(storage.write(0, bytesOf(100)));
        failure = Object.assign(new Error('EIO'), { code: 'EIO' });
        expect(await errorOf(storage.flush())).toMatchObject({ name: 'StorageError', code: 'io' });
        failure = null;
        synced.length = 0;
        await ended(storage.flush());
        expect(synced.toSorted()).toEqual(['', 'name', 'name/a', 'name/sub', 'name/sub/b']);
        synced.length = 0;
        await ended(storage.flush());
        expect(synced).toEqual([]);
        await ended(storage.write(0, bytesOf(1)));
        fs.rmSync(path.join(folder, 'name', 'a'));
        await ended(storage.flush());
      });
    } finally {
      fs.fsync = fsync;
    }
  });
});
