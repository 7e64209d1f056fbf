import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Storage, Target } from '../../../src/contracts/storage.ts';
import { relocate } from '../../../src/disk/places/relocate.ts';
import { ended, errorOf, eventually, withStorage } from '../opened.ts';
import { otherDisk } from '../otherDisk.ts';
import { smallDisk } from '../smallDisk.ts';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';

const MiB = 2 ** 20;
const torrent = torrentOf({
  files: [
    { path: ['a'], length: 50 },
    { path: ['sub', 'b'], length: 36 },
    { path: ['sub', 'empty'], length: 0 },
  ],
});
const data = bytesOf(86);

const all = (folder: string): readonly string[] =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => fs.lstatSync(path.join(folder, name)).isFile())
    .sort();

/** Writes all of it, as a download does, and then what `more` does. */
const written = (target: Target, more: (storage: Storage) => Promise<void> = async () => undefined): Promise<void> =>
  withStorage(torrent, target, async (storage) => {
    await ended(storage.write(0, data));
    await more(storage);
  });
const finished = async (storage: Storage): Promise<void> => void (await ended(storage.finish()));

describe('files that move when all are there', () => {
  it.each([
    ['on the same disk', tempFolder],
    ['to another disk', otherDisk],
  ])('%s: they are read where they are, and nothing stays behind', async (_, place) => {
    const [folder, moveTo] = [tempFolder(), path.join(place(), 'new', 'folder')];
    await written({ folder, moveTo }, async (storage) => {
      expect(all(folder)).toEqual(['name/a', 'name/sub/b']);
      const back = new Uint8Array(86);
      await ended(storage.read(0, back));
      await finished(storage);
      expect([all(folder), fs.existsSync(path.join(folder, 'name'))]).toEqual([[], false]);
      expect(all(moveTo)).toEqual(['name/a', 'name/sub/b', 'name/sub/empty']);
      expect([storage.place, storage.paths[1]]).toEqual([
        path.join(moveTo, 'name'),
        path.join(moveTo, 'name', 'sub', 'b'),
      ]);
      const again = new Uint8Array(86);
      expect([await ended(storage.read(0, again)), again]).toEqual([86, data]);
      await ended(storage.flush());
      expect((await ended(storage.stamps()))?.map(({ size }) => size)).toEqual([50, 36, 0]);
    });
    await eventually(() => fs.readdirSync(moveTo).length === 1 && fs.readdirSync(folder).length === 0);
  });

  it('are found where they stay by the next run, which moves nothing', async () => {
    const target = { folder: tempFolder(), moveTo: tempFolder() };
    await written(target, finished);
    await withStorage(torrent, target, async (storage) => {
      const back = new Uint8Array(86);
      expect([await ended(storage.read(0, back)), back]).toEqual([86, data]);
      await finished(storage);
    });
    expect(fs.existsSync(path.join(target.folder, 'name'))).toBe(false);
  });

  it('leave what is not of the torrent where it is, and its folder', async () => {
    const target = { folder: tempFolder(), moveTo: tempFolder() };
    fs.mkdirSync(path.join(target.folder, 'name', 'sub'), { recursive: true });
    fs.writeFileSync(path.join(target.folder, 'name', 'sub', 'mine'), 'mine');
    await written(target, finished);
    expect(all(target.folder).filter((name) => !name.startsWith('.'))).toEqual(['name/sub/mine']);
  });

  it('never take the place of another file, unless the user insists', async () => {
    const target = { folder: tempFolder(), moveTo: otherDisk() };
    const theirs = path.join(target.moveTo, 'name', 'sub', 'b');
    await written(target, async (storage) => {
      fs.mkdirSync(path.dirname(theirs), { recursive: true });
      fs.writeFileSync(theirs, 'theirs');
      expect(await errorOf(storage.finish())).toMatchObject({ code: 'occupied' });
    });
    expect(fs.readFileSync(theirs, 'utf8')).toBe('theirs');
    expect(new Uint8Array(fs.readFileSync(path.join(target.folder, 'name', 'sub', 'b')))).toEqual(data.slice(50));
    await withStorage(torrent, { ...target, force: true }, finished);
    expect(new Uint8Array(fs.readFileSync(theirs))).toEqual(data.slice(50));
  });

  it('that are there already, byte for byte, count as moved', async () => {
    const target = { folder: tempFolder(), moveTo: otherDisk() };
    await written(target, async (storage) => {
      fs.mkdirSync(path.join(target.moveTo, 'name'), { recursive: true });
      fs.writeFileSync(path.join(target.moveTo, 'name', 'a'), data.subarray(0, 50));
      await finished(storage);
    });
    expect(fs.existsSync(path.join(target.folder, 'name'))).toBe(false);
  });

  it('are refused a way out of their folder by a link', async () => {
    const target = { folder: tempFolder(), moveTo: tempFolder() };
    const outside = tempFolder();
    fs.symlinkSync(outside, path.join(target.moveTo, 'name'));
    await written(target, async (storage) => {
      expect(await errorOf(storage.finish())).toMatchObject({ code: 'denied' });
    });
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  it('are refused while another process has the new place', async () => {
    const target = { folder: tempFolder(), moveTo: tempFolder() };
    await withStorage(torrent, { folder: target.moveTo }, async () => {
      await expect(withStorage(torrent, target, async () => undefined)).rejects.toMatchObject({ code: 'locked' });
    });
  });
});

describe('a file that is moved to a disk', () => {
  const file = (length: number) => {
    const from = path.join(tempFolder(), 'file');
    fs.writeFileSync(from, bytesOf(length));
    return { from, whole: () => fs.existsSync(from) && fs.readFileSync(from).equals(bytesOf(length)) };
  };

  it('without room for it stays, and nothing is left of the attempt', async () => {
    const small = smallDisk(100_000);
    onTestFinished(() => small.undo());
    const { from, whole } = file(300_000);
    const to = path.join(small.folder, 'file');
    // Where we may not mount, it is the same disk: then nothing is copied.
    if (fs.statSync(small.folder).dev === fs.statSync(from).dev) return;
    const move = { from, to, half: `${to}.half`, force: false, wanted: () => true };
    await expect(relocate(move)).rejects.toMatchObject({ code: 'full' });
    expect([whole(), fs.readdirSync(small.folder)]).toEqual([true, ['ballast']]);
    small.free();
    expect([await relocate(move), whole(), fs.readFileSync(to).equals(bytesOf(300_000))]).toEqual([true, false, true]);
  });

  it('stays if nobody waits for it any more', async () => {
    const { from, whole } = file(3 * MiB);
    const there = otherDisk();
    const to = path.join(there, 'file');
    let left = 2;
    const gone = await relocate({ from, to, half: `${to}.half`, force: false, wanted: () => left-- > 0 });
    // On the same disk it is moved at once.
    if (fs.statSync(there).dev === fs.statSync(from.slice(0, -5)).dev) return expect(gone).toBe(true);
    expect([gone, whole(), fs.readdirSync(there)]).toEqual([false, true, []]);
  });

  it.each([0, 1, 2, 3, 4, 5])('is whole at one place or the other when it is killed: at %i', async (times) => {
    const { from, whole } = file(3 * MiB);
    const there = otherDisk();
    const to = path.join(there, 'file');
    const script = fileURLToPath(new URL('moveHalf.ts', import.meta.url));
    spawnSync(process.execPath, ['--import', 'tsx', script, from, to, String(times)]);
    const moved = (): boolean => fs.existsSync(to) && fs.readFileSync(to).equals(bytesOf(3 * MiB));
    expect(whole() || moved()).toBe(true);
    // What is not whole never has the name.
    expect(fs.existsSync(to) && !moved()).toBe(false);
    if (whole()) await relocate({ from, to, half: `${to}.half`, force: false, wanted: () => true });
    expect([whole(), moved(), fs.readdirSync(there)]).toEqual([false, true, ['file']]);
  });
});
