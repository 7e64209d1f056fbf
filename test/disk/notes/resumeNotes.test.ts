import fs from 'node:fs';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { openStorage } from '../../../src/disk/files/fileStorage.ts';
import { keepFew } from '../../../src/disk/notes/stateNotes.ts';
import { stateFolder } from '../../../src/disk/notes/stateFolder.ts';
import type { Storage, Target } from '../../../src/contracts/storage.ts';
import type { Torrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { tempFolder, torrentOf } from '../torrents.ts';

const torrent = torrentOf();
const note = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

const using = async <T>(
  of: Torrent,
  target: Target,
  state: string | undefined,
  use: (notes: Storage['notes']) => Promise<T>,
): Promise<T> => {
  let close = (): void => {};
  const storage = await new Promise<Storage>((resolve, reject) => {
    const subscription = openStorage(of, target, state).subscribe({ next: resolve, error: reject });
    close = () => subscription.unsubscribe();
  });
  try {
    return await use(storage.notes);
  } finally {
    close();
  }
};
const load = (of: Torrent, target: Target, state: string | undefined) =>
  using(of, target, state, async (notes) => text(await lastValueFrom(notes.load())));
const save = (of: Torrent, target: Target, state: string | undefined, what: string, complete: boolean) =>
  using(of, target, state, (notes) => lastValueFrom(notes.save(note(what), complete), { defaultValue: undefined }));
const hidden = (folder: string): string[] => fs.readdirSync(folder).filter((name) => !name.endsWith('.lock'));

/** The number of waits for the disk while `run` runs. */
const syncs = async (run: () => Promise<unknown>): Promise<number> => {
  const { fsync } = fs;
  let count = 0;
  fs.fsync = ((...args: Parameters<typeof fsync>) => {
    count++;
    fsync(...args);
  }) as typeof fsync;
  try {
    await run();
  } finally {
    fs.fsync = fsync;
  }
  return count;
};

describe('notes', () => {
  it('of a download wait for the disk, those of what is only seeded do not', async () => {
    const [folder, state] = [tempFolder(), tempFolder()];
    expect(await syncs(() => save(torrent, { folder }, state, 'half', false))).toBe(2);
    expect(await syncs(() => save(torrent, { folder }, state, 'all', true))).toBe(2);
    expect(await syncs(() => save(torrent, { folder, readOnly: true }, state, 'seeded', true))).toBe(0);
    expect(await load(torrent, { folder }, state)).toBe('seeded');
  });

  it('replace what a process left that was killed while it wrote one, and what a link leads to stays', async () => {
    const [folder, state] = [tempFolder(), tempFolder()];
    await save(torrent, { folder }, state, 'half', false);
    const [name = ''] = hidden(folder);
    const other = path.join(tempFolder(), 'other');
    fs.writeFileSync(other, 'of the user');
    fs.symlinkSync(other, path.join(folder, `${name}.tmp`));
    await save(torrent, { folder }, state, 'more', false);
    fs.writeFileSync(path.join(folder, `${name}.tmp`), 'a leftover that is longer than the note');
    await save(torrent, { folder }, state, 'most', false);
    expect(await load(torrent, { folder }, state)).toBe('most');
    expect(hidden(folder)).toEqual([name]);
    expect(fs.readFileSync(other, 'utf8')).toBe('of the user');
  });

  it('of an incomplete torrent stand beside it; of a complete one in the state folder, nothing hidden', async () => {
    const [folder, state] = [tempFolder(), tempFolder()];
    await save(torrent, { folder }, state, 'half', false);
    expect(hidden(folder).length).toBe(1);
    expect(fs.existsSync(path.join(state, 'resume'))).toBe(false);
    await save(torrent, { folder }, state, 'all', true);
    expect(hidden(folder)).toEqual([]);
    expect(await load(torrent, { folder }, state)).toBe('all');
    // It is of this place, and of this torrent.
    expect(await load(torrent, { folder: tempFolder() }, state)).toBeUndefined();
    expect(await load(torrent, { folder, name: 'other' }, state)).toBeUndefined();
    expect(await load(torrentOf({ seed: 2 }), { folder }, state)).toBeUndefined();
    const link = path.join(tempFolder(), 'link');
    fs.symlinkSync(folder, link);
    expect(await load(torrent, { folder: link }, state)).toBe('all');
    // It was an hour ago: of two notes the later one counts.
    for (const name of fs.readdirSync(path.join(state, 'resume')))
      fs.utimesSync(path.join(state, 'resume', name), Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
    await save(torrent, { folder }, state, 'half again', false);
    expect(await load(torrent, { folder }, state)).toBe('half again');
  });

  it('are kept nowhere beside what is only read', async () => {
    const [folder, state] = [tempFolder(), tempFolder()];
    await save(torrent, { folder, readOnly: true }, state, 'given', false);
    expect(fs.readdirSync(folder)).toEqual([]);
    expect(await load(torrent, { folder, readOnly: true }, state)).toBe('given');
    await save(torrent, { folder, readOnly: true }, undefined, 'given', true);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('of other torrents about the same place are found, wherever they are', async () => {
    const [folder, state] = [tempFolder(), tempFolder()];
    await save(torrentOf({ seed: 2 }), { folder }, state, 'two', true);
    await save(torrentOf({ seed: 3 }), { folder }, state, 'three', false);
    await save(torrentOf({ seed: 4, name: 'namesake' }), { folder }, state, 'four', false);
    const others = await using(torrent, { folder }, state, (notes) => lastValueFrom(notes.others()));
    expect(others.map(text).sort()).toEqual(['three', 'two']);
  });

  it('are of as many places as there is room for: the longest unused go', async () => {
    const all = path.join(tempFolder(), 'resume');
    for (let n = 0; n < 6; n++) {
      await new Promise<void>((resolve, reject) =>
        keepFew(all, path.join(all, `${n}`), (error) => (error ? reject(error) : resolve()), 4),
      );
      fs.utimesSync(path.join(all, `${n}`), n + 1, n + 1);
    }
    expect(fs.readdirSync(all).sort()).toEqual(['2', '3', '4', '5']);
  });
});

describe('stateFolder', () => {
  it('is where programs of each system keep such things', () => {
    expect(stateFolder({ XDG_STATE_HOME: '/state' }, 'linux')).toBe('/state/rxtorrent');
    expect(stateFolder({ XDG_STATE_HOME: 'not/absolute' }, 'linux')).toMatch(/^\/.*\/\.local\/state\/rxtorrent$/);
    expect(stateFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32')).toMatch(/^C:\\L.rxtorrent$/);
  });
});
