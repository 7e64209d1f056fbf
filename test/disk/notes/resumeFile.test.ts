import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hiddenName } from '../../../src/disk/names/hiddenName.ts';
import { ended, withStorage } from '../opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../torrents.ts';

const notesIn = (folder: string): string[] => fs.readdirSync(folder).filter((name) => name.endsWith('.rxtorrent'));

describe('ResumeFile', () => {
  it('keeps one note per torrent in a hidden file beside the data, even for the longest names', async () => {
    const folder = tempFolder();
    const name = 'ü'.repeat(300);
    await withStorage(torrentOf({ name }), { folder }, (storage) => ended(storage.notes.save(bytesOf(10))));
    await withStorage(torrentOf({ name, seed: 2 }), { folder }, (storage) => ended(storage.notes.save(bytesOf(20))));
    const names = notesIn(folder);
    expect(names.length).toBe(2);
    for (const file of names) expect(file).toMatch(/^\.ü+~[0-9a-f]{8}\.[0-9a-f]{8}\.rxtorrent$/);
    for (const file of names) expect(Buffer.byteLength(`${file}.tmp`)).toBeLessThan(255);
  });

  it('makes the folder when there is none yet', async () => {
    const folder = path.join(tempFolder(), 'not', 'yet');
    await withStorage(torrentOf(), { folder }, (storage) => ended(storage.notes.save(bytesOf(10))));
    expect(notesIn(folder).length).toBe(1);
  });

  it('saves the latest of many at once, and completes them all', async () => {
    const folder = tempFolder();
    const { rename } = fs;
    let renames = 0;
    fs.rename = ((...args: Parameters<typeof rename>) => {
      renames++;
      rename(...args);
    }) as typeof rename;
    try {
      await withStorage(torrentOf(), { folder }, async (storage) => {
        await Promise.all(Array.from({ length: 100 }, (_, n) => ended(storage.notes.save(bytesOf(50 + n, n)))));
        expect(new Uint8Array((await ended(storage.notes.load())) ?? [])).toEqual(bytesOf(149, 99));
      });
    } finally {
      fs.rename = rename;
    }
    expect(renames).toBe(2);
  });

  it('finishes a save that nobody waits for, before it gives the lock back', async () => {
    const folder = tempFolder();
    await withStorage(
      torrentOf(),
      { folder },
      async (storage) => void storage.notes.save(bytesOf(10)).subscribe().unsubscribe(),
    );
    await withStorage(torrentOf(), { folder }, async (storage) => {
      expect(new Uint8Array((await ended(storage.notes.load())) ?? [])).toEqual(bytesOf(10));
    });
  });

  it('tells one run of the machine by the same word each time', async () => {
    const word = (): Promise<string> =>
      withStorage(torrentOf(), { folder: tempFolder() }, async (storage) => storage.notes.boot);
    expect((await word()).length).toBeGreaterThan(5);
    expect(await word()).toBe(await word());
  });

  it('has a whole note whenever the process is killed', async () => {
    const folder = tempFolder();
    const script = fileURLToPath(new URL('../saveForEver.ts', import.meta.url));
    for (const delay of [0, 3, 11]) {
      const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const note = await withStorage(torrentOf(), { folder }, (storage) => ended(storage.notes.load()));
      expect(note?.length).toBeGreaterThan(100_000);
      expect(new Set(note).size).toBe(1);
    }
    await withStorage(torrentOf(), { folder }, (storage) => ended(storage.notes.save(bytesOf(10))));
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('hiddenName', () => {
  it('keeps long names that begin alike apart', () => {
    const long = 'x'.repeat(230);
    expect(hiddenName(`${long}1`, 's')).not.toBe(hiddenName(`${long}2`, 's'));
    expect(hiddenName('short', 's')).toBe('.short.s');
  });
});
