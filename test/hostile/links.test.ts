import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, errorOf, withStorage } from '../disk/opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../disk/torrents.ts';

describe('symbolic links', () => {
  const trap = (): { folder: string; outside: string } => {
    const outside = tempFolder();
    fs.writeFileSync(path.join(outside, 'a'), 'precious');
    const folder = tempFolder();
    return { folder, outside };
  };
  const refuses = async (folder: string, names: readonly string[]): Promise<void> => {
    await withStorage(torrentOf({ files: [{ path: names, length: 100 }] }), { folder }, async (storage) => {
      for (const use of [storage.write(0, bytesOf(100)), storage.read(0, new Uint8Array(100))]) {
        expect(await errorOf(use)).toMatchObject({ name: 'StorageError', code: 'denied' });
      }
    });
  };

  it('in the place of a file is not followed, wherever it leads', async () => {
    const { folder, outside } = trap();
    fs.mkdirSync(path.join(folder, 'name'));
    fs.symlinkSync(path.join(outside, 'a'), path.join(folder, 'name', 'a'));
    fs.symlinkSync('/nowhere/at/all', path.join(folder, 'name', 'b'));
    await refuses(folder, ['a']);
    await refuses(folder, ['b']);
    expect(fs.readFileSync(path.join(outside, 'a'), 'utf8')).toBe('precious');
  });

  it('in the place of a folder is not followed out, at any depth', async () => {
    const { folder, outside } = trap();
    fs.mkdirSync(path.join(folder, 'name', 'deep'), { recursive: true });
    fs.symlinkSync(outside, path.join(folder, 'name', 'out'));
    fs.symlinkSync('../../..', path.join(folder, 'name', 'deep', 'up'));
    await refuses(folder, ['out', 'a']);
    await refuses(folder, ['deep', 'up', 'a']);
    const before = fs.readdirSync(outside);
    await withStorage(
      torrentOf({ files: [{ path: ['out', 'new', 'folders', 'x'], length: 1 }] }),
      { folder },
      async (storage) => {
        expect(await errorOf(storage.write(0, new Uint8Array(1)))).toMatchObject({ code: 'denied' });
      },
    );
    expect(fs.readdirSync(outside)).toEqual(before);
    expect(fs.readFileSync(path.join(outside, 'a'), 'utf8')).toBe('precious');
  });

  it('in the place of the folder of the torrent, to nowhere, or in a loop, are refused', async () => {
    const { folder, outside } = trap();
    fs.symlinkSync(outside, path.join(folder, 'name'));
    await refuses(folder, ['a']);
    fs.rmSync(path.join(folder, 'name'));
    fs.symlinkSync(path.join(folder, 'name'), path.join(folder, 'name'));
    await refuses(folder, ['a']);
    fs.rmSync(path.join(folder, 'name'));
    fs.symlinkSync('/nowhere/at/all', path.join(folder, 'name'));
    await withStorage(torrentOf(), { folder }, async (storage) => {
      expect(await errorOf(storage.write(0, new Uint8Array(1)))).toMatchObject({ code: 'denied' });
    });
  });

  it('are the choice of the user where they are, or lead to, the download folder itself', async () => {
    const { folder, outside } = trap();
    const link = path.join(outside, 'link');
    fs.symlinkSync(folder, link);
    await withStorage(torrentOf(), { folder: link }, (storage) => ended(storage.write(0, bytesOf(100))));
    expect(new Uint8Array(fs.readFileSync(path.join(folder, 'name', 'a')))).toEqual(bytesOf(100));
  });
});
