import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Target } from '../../../src/contracts/storage.ts';
import { checkRoom, reserving } from '../../../src/disk/places/allocate.ts';
import type { Torrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { ended, withStorage } from '../opened.ts';
import { smallDisk } from '../smallDisk.ts';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';

const MiB = 2 ** 20;
const large = torrentOf({ files: [{ path: ['a'], length: 4 * MiB }], pieceLength: MiB });
/** What opening it fails with. */
const openedOr = (torrent: Torrent, target: Target): Promise<unknown> =>
  withStorage(torrent, target, () => Promise.resolve(undefined)).catch((error: unknown) => error);
const stat = (folder: string): fs.Stats => fs.statSync(path.join(folder, 'name', 'a'));

describe('room for a file', () => {
  it('is taken for all of it at its first write, if asked for', async () => {
    const folder = tempFolder();
    await withStorage(large, { folder, allocate: 'full' }, async (storage) => {
      await ended(storage.write(MiB, bytesOf(100)));
      expect([stat(folder).size, stat(folder).blocks * 512 >= 4 * MiB]).toEqual([4 * MiB, true]);
    });
  });

  it('is taken where a file has holes already', async () => {
    const folder = tempFolder();
    const begin = (allocate: 'sparse' | 'full') =>
      withStorage(large, { folder, allocate }, async (storage) => void (await ended(storage.write(0, bytesOf(100)))));
    await begin('sparse');
    expect(stat(folder).blocks * 512).toBeLessThan(MiB);
    await begin('full');
    const bytes = fs.readFileSync(path.join(folder, 'name', 'a'));
    expect(new Uint8Array(bytes.subarray(0, 100))).toEqual(bytesOf(100));
  });

  it('is taken by zeros where the system has nothing better, behind what is there', async () => {
    const file = path.join(tempFolder(), 'file');
    fs.writeFileSync(file, bytesOf(100));
    const fd = fs.openSync(file, 'r+');
    onTestFinished(() => fs.closeSync(fd));
    const error = await new Promise((done) => reserving(() => true, 'no-such-program')(fd, 100, 3 * MiB + 7, done));
    expect([error, fs.statSync(file).size, fs.statSync(file).blocks * 512 >= 3 * MiB]).toEqual([
      null,
      3 * MiB + 7,
      true,
    ]);
    expect(new Uint8Array(fs.readFileSync(file).subarray(0, 100))).toEqual(bytesOf(100));
  });

  it('is no longer taken once nobody waits for it', async () => {
    const file = path.join(tempFolder(), 'file');
    const fd = fs.openSync(file, 'w+');
    onTestFinished(() => fs.closeSync(fd));
    let left = 2;
    await new Promise((done) => reserving(() => left-- > 0, 'no-such-program')(fd, 0, 9 * MiB, done));
    expect(fs.statSync(file).size).toBe(2 * MiB);
  });

  it('that there is not is told before the first byte', async () => {
    const small = smallDisk(100_000);
    onTestFinished(() => small.undo());
    // Where we may not mount, the disk is asked all the same, and has room.
    const mounted = fs.statSync(small.folder).dev !== fs.statSync(tempFolder()).dev;
    const error = await openedOr(large, { folder: small.folder, allocate: 'full' });
    const below = await openedOr(large, { folder: path.join(small.folder, 'not', 'there'), allocate: 'full' });
    if (!mounted) return;
    for (const each of [error, below]) expect(each).toMatchObject({ code: 'full' });
    expect(String((error as Error).message)).toContain(`${4 * MiB} bytes are needed`);
    expect(fs.readdirSync(small.folder)).toEqual(['ballast']);
  });

  it('that there is not where files stay in the end is told before the first byte, too', async () => {
    const small = smallDisk(100_000);
    onTestFinished(() => small.undo());
    const mounted = fs.statSync(small.folder).dev !== fs.statSync(tempFolder()).dev;
    const error = await openedOr(large, { folder: tempFolder(), moveTo: small.folder, allocate: 'full' });
    if (mounted) expect(error).toMatchObject({ code: 'full' });
    // On one disk nothing is needed twice.
    const [folder, moveTo] = [tempFolder(), tempFolder()];
    expect(await openedOr(large, { folder, moveTo, allocate: 'full' })).toBeUndefined();
  });

  it('is needed for what is missing of the files that are wanted', async () => {
    const root = tempFolder();
    const paths = ['a', 'b', ''].map((name) => name && path.join(root, name));
    fs.writeFileSync(paths[0] as string, new Uint8Array(8192));
    const needed = (lengths: readonly number[], wanted: (file: number) => boolean = () => true) =>
      new Promise((done) => checkRoom({ root, paths, lengthOf: (file) => lengths[file] ?? 0, wanted }, done));
    expect(await needed([8192, 10, 2 ** 60])).toBeNull();
    expect(await needed([2 ** 60, 10, 0], (file) => file !== 0)).toBeNull();
    expect(await needed([8192, 2 ** 60, 0])).toMatchObject({ code: 'full' });
  });
});
