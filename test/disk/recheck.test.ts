import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lastValueFrom, Observable, of, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStorage } from '../../src/disk/files/fileStorage.ts';
import { verifier } from '../../src/disk/hashing/verifier.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import { recheck } from '../../src/download/storage/recheck.ts';
import { bytesOf, torrentOf } from './torrents.ts';

const PIECE = 65_536;
const MiB = 2 ** 20;

const folder = (): string => {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-recheck-'));
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
};

/** 65 MiB in four files and padding; the last piece but one is of many small ones, and the tail is zeros. */
const contentOf = () => {
  const many = Array.from({ length: 40 }, (_, n) => ({ path: [`small-${n}`], length: 100 }));
  const files = [
    { path: ['a'], length: 5 * MiB + 1 },
    { path: ['.pad', '65535'], length: PIECE - 1, padding: true },
    { path: ['b'], length: 60 * MiB },
    ...many,
    { path: ['zeros'], length: 200_000 },
  ];
  const data = bytesOf(files.reduce((sum, { length }) => sum + length, 0));
  data.fill(0, 5 * MiB + 1, 5 * MiB + PIECE);
  data.fill(0, data.length - 200_000);
  const torrent = torrentOf({ files, data, pieceLength: PIECE });
  const lay = (place: string): string => {
    const root = path.join(place, 'name');
    fs.mkdirSync(root);
    let at = 0;
    for (const { path: names, length, padding } of torrent.files) {
      if (!padding) fs.writeFileSync(path.join(root, ...names), data.subarray(at, at + length));
      at += length;
    }
    return root;
  };
  return { torrent, lay };
};

type Open = typeof openStorage;
/** The same storage, of which all bytes must be read. */
const readOnly: Open = (torrent, target) =>
  new Observable<Storage>((subscriber) =>
    openStorage(torrent, target).subscribe({
      next: (storage) =>
        subscriber.next({
          read: (offset, into) => storage.read(offset, into),
          write: (offset, bytes) => storage.write(offset, bytes),
          place: storage.place,
          paths: storage.paths,
          apart: storage.apart,
          replace: (files) => storage.replace(files),
          doubted: () => storage.doubted(),
          finish: () => storage.finish(),
          stamps: () => storage.stamps(),
          flush: () => storage.flush(),
          notes: storage.notes,
        }),
      error: (error: unknown) => subscriber.error(error),
    }),
  );

const wrong = async (torrent: ReturnType<typeof torrentOf>, place: string, open: Open): Promise<number[]> => {
  const env = { openStorage: open, verify: (of: typeof torrent) => verifier(of, { workers: 0 }) };
  const events = await lastValueFrom(recheck(torrent, env, { folder: place }).pipe(toArray()));
  const checked = events.filter((event) => event.type === 'rechecked');
  expect(checked.map(({ checked: nth }) => nth)).toEqual(checked.map((_, n) => n + 1));
  return checked
    .filter(({ valid }) => !valid)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
};

describe('recheck by the threads that read', () => {
  it.each<readonly [string, (root: string) => void, readonly number[]]>([
    ['all is right', () => undefined, []],
    [
      'a byte is wrong',
      (root) => {
        const fd = fs.openSync(path.join(root, 'a'), 'r+');
        fs.writeSync(fd, Buffer.from('x'), 0, 1, 3 * PIECE + 7);
        fs.closeSync(fd);
      },
      [3],
    ],
    ['a file is short', (root) => fs.truncateSync(path.join(root, 'b'), 60 * MiB - PIECE), [1040]],
    ['a file is gone', (root) => fs.rmSync(path.join(root, 'a')), Array.from({ length: 81 }, (_, n) => n)],
    ['zeros are not there', (root) => fs.truncateSync(path.join(root, 'zeros'), 5), []],
  ])('finds the same as reading does: %s', async (_, spoil, found) => {
    const { torrent, lay } = contentOf();
    const place = folder();
    spoil(lay(place));
    expect(await wrong(torrent, place, openStorage)).toEqual(found);
    expect(await wrong(torrent, place, readOnly)).toEqual(found);
  });

  it('closes all that it opened when it is left', async () => {
    const { torrent, lay } = contentOf();
    const place = folder();
    lay(place);
    const open = (): string[] =>
      fs
        .readdirSync('/proc/self/fd')
        .filter(
          (fd) => fs.existsSync(`/proc/self/fd/${fd}`) && fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(place),
        );
    await new Promise<void>((resolve) => {
      const checking = recheck(torrent, { openStorage, verify: () => () => of(true) }, { folder: place }).subscribe(
        () => {
          checking.unsubscribe();
          resolve();
        },
      );
    });
    await expect.poll(open).toEqual([]);
    expect(fs.readdirSync(place)).toEqual(['name']);
  });
});
