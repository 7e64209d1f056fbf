import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/contracts/storage.ts';
import { Places } from '../../../src/disk/places/places.ts';
import { ended, withStorage } from '../opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';

const torrent = torrentOf({
  files: [
    { path: ['a'], length: 50 },
    { path: ['a.part'], length: 14 },
    { path: ['sub', 'b'], length: 36 },
  ],
});
const data = bytesOf(100);
const below = (folder: string) => ({
  names: () =>
    fs
      .readdirSync(path.join(folder, 'name'), { recursive: true, encoding: 'utf8' })
      .filter((name) => fs.lstatSync(path.join(folder, 'name', name)).isFile())
      .sort(),
  put: (name: string, bytes: Uint8Array) => {
    fs.mkdirSync(path.dirname(path.join(folder, 'name', name)), { recursive: true });
    fs.writeFileSync(path.join(folder, 'name', name), bytes);
  },
});

/** What is read, and what is there once it has been finished. */
const taken = async (target: Target) =>
  withStorage(torrent, target, async (storage) => {
    const into = new Uint8Array(100);
    const count = await ended(storage.read(0, into));
    await ended(storage.write(0, data));
    const meanwhile = below(target.folder).names();
    await ended(storage.finish());
    return { count, meanwhile, finally: below(target.folder).names() };
  });

describe('the places of files', () => {
  it('have a suffix until all are there, but for a file whose place another one has then', async () => {
    const folder = tempFolder();
    expect(await taken({ folder, suffix: '.part' })).toEqual({
      count: 0,
      meanwhile: ['a', 'a.part.part', 'sub/b.part'],
      finally: ['a', 'a.part', 'sub/b'],
    });
  });

  it('are those that were left behind: with the suffix, or complete without it', async () => {
    const folder = tempFolder();
    below(folder).put('a', data.subarray(0, 50));
    below(folder).put('a.part.part', data.subarray(50, 64));
    below(folder).put('sub/b', data.subarray(64));
    const { count, meanwhile } = await taken({ folder, suffix: '.part' });
    expect([count, meanwhile]).toEqual([100, ['a', 'a.part.part', 'sub/b']]);
  });

  it('are without the suffix where the name would be too long with it', () => {
    const long = torrentOf({ files: [{ path: ['x'.repeat(252)], length: 1 }] });
    const places = new Places(long, { folder: '/d', suffix: '.part' });
    expect(places.paths).toEqual(places.lasting);
  });

  it.each(['.!qB', '.part', '.!ut', '.bc!'])(
    'are those that another client has begun as NAME%s, if asked for',
    async (end) => {
      const folder = tempFolder();
      below(folder).put(`sub/b${end}`, data.subarray(64));
      below(folder).put('a', data.subarray(0, 50));
      below(folder).put('a.part', data.subarray(50, 64));
      const { count, meanwhile, finally: last } = await taken({ folder, adopt: true });
      expect([count, meanwhile, last]).toEqual([100, ['a', 'a.part', `sub/b${end}`], ['a', 'a.part', 'sub/b']]);
    },
  );

  it('are left alone if another client has begun them, and nobody has asked', async () => {
    const folder = tempFolder();
    below(folder).put('sub/b.!qB', data.subarray(64));
    const { finally: last } = await taken({ folder });
    expect(last).toEqual(['a', 'a.part', 'sub/b', 'sub/b.!qB']);
  });

  it('have other names if asked for, and are moved from the old ones', async () => {
    const folder = tempFolder();
    below(folder).put('sub/b', data.subarray(64));
    const { count, finally: last } = await taken({ folder, names: { 0: 'x/first', 2: '../../b' } });
    expect([count, last]).toEqual([0, ['a.part', 'b', 'x/first']]);
  });

  it('are different ones, whatever is asked for', () => {
    const name = fc.constantFrom('a', 'a.part', 'a.part.part', 'A', 'b', '..', 'x/a', 'a.!qB');
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1 }),
        fc.dictionary(fc.nat(7).map(String), name),
        fc.record({ suffix: fc.constantFrom('', '.part'), moveTo: fc.constantFrom('/d', '/e') }),
        (paths, names, more) => {
          const made = torrentOf({ files: paths.map((each) => ({ path: each.split('/'), length: 1 })) });
          new Places(made, { folder: '/d', names, ...more }).check();
        },
      ),
    );
  });
});
