import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { MAX_NOTE } from '../../src/disk/notes/resumeFile.ts';
import { decodeResume, encodeResume, trusted } from '../../src/torrent/pieces/resumeNote.ts';
import { ended, errorOf, withStorage } from '../disk/opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../disk/torrents.ts';

const torrent = torrentOf({ files: [{ path: ['a'], length: 1000 }] });
const have = new Bitfield(32);
have.setAll();
const stamps = [{ size: 1000, mtime: 1.5 }];
const good = encodeResume({
  infoHash: torrent.infoHash,
  have,
  pending: new Bitfield(32),
  stamps,
  boot: 'now',
  clean: true,
  sound: true,
  downloaded: 0,
  uploaded: 0,
});
const hidden = (folder: string): string =>
  path.join(folder, `.name.${Buffer.from(torrent.infoHash).toString('hex', 0, 4)}.rxtorrent`);

const mutate = (bytes: Uint8Array, random: () => number): Uint8Array => {
  const at = Math.floor(random() * bytes.length);
  const some = Uint8Array.from({ length: 1 + Math.floor(random() * 8) }, () => random() * 256);
  switch (Math.floor(random() * 5)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.of(...bytes.subarray(0, at), ...some, ...bytes.subarray(at));
    case 2:
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + some.length));
    case 3:
      return Uint8Array.of(...bytes, ...some);
    default: {
      const changed = bytes.slice();
      changed[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return changed;
    }
  }
};

const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

describe('a damaged note', () => {
  it('is none, however it was damaged: 20,000 mutations', () => {
    expect(decodeResume(good, torrent)?.have.full).toBe(true);
    const random = seeded(70);
    for (let round = 0; round < 20_000; round++) {
      let bytes = good;
      for (let times = 1 + Math.floor(random() * 3); times > 0; times--) bytes = mutate(bytes, random);
      if (Buffer.compare(bytes, good) === 0) continue;
      expect(decodeResume(bytes, torrent), `round ${round}`).toBeUndefined();
    }
  });

  it('is none, however short, and as garbage of any length', () => {
    for (let length = 0; length < good.length; length++)
      expect(decodeResume(good.slice(0, length), torrent)).toBeUndefined();
    for (let length = 0; length < 2000; length += 7)
      expect(decodeResume(bytesOf(length, length), torrent)).toBeUndefined();
  });

  it('makes everything on disk doubtful', () => {
    const { have: none, doubtful } = trusted(decodeResume(good.slice(1), torrent), stamps, 'now', torrent);
    expect(none.count).toBe(0);
    expect(doubtful.length).toBe(32);
  });
});

describe('the file of the note', () => {
  it.each([
    ['a folder', (file: string) => fs.mkdirSync(file)],
    ['larger than the limit', (file: string) => (fs.writeFileSync(file, ''), fs.truncateSync(file, MAX_NOTE + 1))],
    [
      'a link, even to a good note',
      (file: string) => (fs.writeFileSync(`${file}.real`, good), fs.symlinkSync(`${file}.real`, file)),
    ],
    ['a named pipe', (file: string) => execFileSync('mkfifo', [file])],
  ])('loads as none when it is %s', async (_, put) => {
    const folder = tempFolder();
    put(hidden(folder));
    expect(await withStorage(torrent, { folder }, (storage) => ended(storage.notes.load()))).toBeUndefined();
  });

  it('is never written through a link, and no leftover hinders a save', async () => {
    const folder = tempFolder();
    const victim = path.join(folder, 'victim');
    fs.writeFileSync(victim, 'precious');
    fs.symlinkSync(victim, `${hidden(folder)}.tmp`);
    fs.symlinkSync(victim, hidden(folder));
    await withStorage(torrent, { folder }, (storage) => ended(storage.notes.save(good)));
    expect(fs.readFileSync(victim, 'utf8')).toBe('precious');
    expect(new Uint8Array(fs.readFileSync(hidden(folder)))).toEqual(good);
    expect(fs.existsSync(`${hidden(folder)}.tmp`)).toBe(false);
  });

  it('stays as it was when a save fails', async () => {
    const folder = tempFolder();
    fs.writeFileSync(hidden(folder), good);
    fs.mkdirSync(`${hidden(folder)}.tmp`);
    const error = await withStorage(torrent, { folder }, (storage) => errorOf(storage.notes.save(bytesOf(10))));
    expect(error).toMatchObject({ name: 'StorageError' });
    expect(new Uint8Array(fs.readFileSync(hidden(folder)))).toEqual(good);
  });
});
