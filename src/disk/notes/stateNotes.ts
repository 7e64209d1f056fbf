import fs from 'node:fs';
import path from 'node:path';
import { each } from '../files/each.ts';
import type { Done } from '../files/insideFolder.ts';

/** Maximum number of places on disk whose notes are kept; the longest unused are deleted first. */
export const MAX_PLACES = 10_000;
const AT_ONCE = 8;
/**
 * The places are counted only for a fraction of the new ones, one in this part of {@link MAX_PLACES}: counting for each
 * would make a thousand torrents read half a million names. Their names, which are digests, decide for which ones.
 */
const PART = 1 / 128;

/** Creates the folder `place` in `all` for the notes about one place, and makes room for it. */
export const keepFew = (all: string, place: string, done: Done<void>, most = MAX_PLACES): void => {
  const placed = (there: NodeJS.ErrnoException | null): void => {
    if (there?.code === 'EEXIST') return done(null);
    if (there) return done(there);
    if (Number.parseInt(path.basename(place).slice(-4), 16) % Math.max(1, Math.floor(most * PART)) !== 0)
      return done(null);
    fs.readdir(all, (unread, entries = []) => {
      if (unread || entries.length <= most) return done(null);
      forget(all, entries, entries.length - most, () => done(null));
    });
  };
  fs.mkdir(place, { mode: 0o700 }, (error) => {
    if (error?.code !== 'ENOENT') return placed(error);
    fs.mkdir(all, { recursive: true, mode: 0o700 }, (refused) =>
      refused ? done(refused) : fs.mkdir(place, { mode: 0o700 }, placed),
    );
  });
};

/** Deletes the `count` folders that have been unchanged for the longest time. */
const forget = (all: string, entries: readonly string[], count: number, done: () => void): void => {
  const found: { readonly folder: string; readonly mtime: number }[] = [];
  const look = (n: number, next: Done<void>): void => {
    const folder = path.join(all, entries[n] as string);
    fs.lstat(folder, (error, stat) => {
      if (!error && stat.isDirectory()) found.push({ folder, mtime: stat.mtimeMs });
      next(null);
    });
  };
  const drop = (n: number, next: Done<void>): void =>
    fs.rm((found[n] as (typeof found)[number]).folder, { recursive: true, force: true }, () => next(null));
  each(entries.length, AT_ONCE, look, () => {
    found.sort((a, b) => a.mtime - b.mtime);
    each(Math.min(count, found.length), AT_ONCE, drop, () => done());
  });
};
