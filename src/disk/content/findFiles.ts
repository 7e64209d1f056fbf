import fs from 'node:fs';
import path from 'node:path';
import type { ContentOptions } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import { MAX_FILES, MAX_PATH_DEPTH } from '../../torrent/metainfo/fileList.ts';
import type { KnownFile } from '../hashing/digest.ts';
import { diskError, printable } from '../errors/diskError.ts';
import { isHiddenName } from '../names/hiddenName.ts';
import type { Done } from '../files/insideFolder.ts';

/** A file to be shared: its names in the torrent, and what the disk says of it. */
export interface FoundFile {
  readonly names: readonly string[];
  readonly known: KnownFile;
}

export interface Found {
  readonly layout: 'file' | 'folder';
  /** Sorted by path, byte by byte. */
  readonly files: readonly FoundFile[];
  readonly skipped: readonly string[];
}

/**
 * Calls back with the file at `root`, or with all files in the folder `root`, unless the result is no longer wanted.
 * Hidden files are included. `root` itself may be a link.
 */
export const findFiles = (root: string, options: ContentOptions, wanted: () => boolean, done: Done<Found>): void => {
  fs.stat(root, (error, stat) => {
    if (error) return done(error.code === 'ENOENT' ? nothing(root) : diskError('read', root, error));
    if (stat.isFile())
      return done(null, {
        layout: 'file',
        files: [{ names: [path.basename(root)], known: knownOf(root, stat) }],
        skipped: [],
      });
    if (!stat.isDirectory())
      return done(new InputError('bad-option', `${printable(root)} is neither a file nor a folder: name one`));
    new Search(root, options, wanted).run(done);
  });
};

const nothing = (root: string): InputError =>
  new InputError('bad-option', `${printable(root)}: there is no such file or folder: check the path`);

const knownOf = (file: string, stat: fs.Stats): KnownFile => ({ path: file, size: stat.size, mtime: stat.mtimeMs });

/** Searches a folder, one entry after the other. */
class Search {
  readonly #root: string;
  readonly #options: ContentOptions;
  readonly #wanted: () => boolean;
  /** Entries that were read from folders, and not examined yet. */
  readonly #waiting: (readonly string[])[] = [[]];
  readonly #files: FoundFile[] = [];
  readonly #skipped: string[] = [];

  constructor(root: string, options: ContentOptions, wanted: () => boolean) {
    this.#root = root;
    this.#wanted = wanted;
    this.#options = options;
  }

  run(done: Done<Found>): void {
    if (!this.#wanted()) return;
    const names = this.#waiting.pop();
    if (!names) return done(null, { layout: 'folder', files: this.#sorted(), skipped: this.#skipped });
    const file = path.join(this.#root, ...names);
    const go = (error: Error | null | undefined): void => (error ? done(error) : this.run(done));
    if (names.length === 0) return this.#enter(file, names, go);
    fs.lstat(file, (error, stat) => {
      if (error) return go(diskError('read', file, error));
      if (!stat.isSymbolicLink()) return this.#found(file, names, stat, go);
      const { links = 'refuse' } = this.#options;
      if (links === 'refuse')
        return go(
          new InputError(
            'bad-option',
            `${printable(file)} is a symbolic link: remove it, or choose what to do with links (follow, skip)`,
          ),
        );
      if (links === 'skip') return go(this.#skip(file, 'a symbolic link'));
      fs.stat(file, (broken, target) =>
        broken ? go(diskError('follow', file, broken)) : this.#found(file, names, target, go),
      );
    });
  }

  #found(file: string, names: readonly string[], stat: fs.Stats, go: (error?: Error | null) => void): void {
    if (stat.isDirectory()) return this.#enter(file, names, go);
    if (!stat.isFile())
      return go(
        new InputError('bad-option', `${printable(file)} is a device, a pipe or a socket, not a file: move it away`),
      );
    if (file === this.#options.except) return go(this.#skip(file, 'the .torrent itself'));
    // Notes and locks of this machine are not shared.
    if (isHiddenName(names.at(-1) ?? '')) return go(this.#skip(file, 'a note or a lock of rxtorrent'));
    this.#files.push({ names, known: knownOf(file, stat) });
    go(
      this.#files.length > MAX_FILES
        ? new InputError('bad-option', `${printable(this.#root)}: more than ${MAX_FILES} files: share a part of it`)
        : null,
    );
  }

  #enter(folder: string, names: readonly string[], go: (error?: Error | null) => void): void {
    // This also ends loops of links that lead to their own folder.
    if (names.length >= MAX_PATH_DEPTH)
      return go(
        new InputError(
          'bad-option',
          `${printable(folder)}: more than ${MAX_PATH_DEPTH} nested folders: share a part of it`,
        ),
      );
    fs.readdir(folder, (error, entries) => {
      if (error) return go(diskError('read', folder, error));
      const strange = entries.find((entry) => entry.includes('\ufffd'));
      if (strange !== undefined)
        return go(
          new InputError('bad-option', `${printable(path.join(folder, strange))}: its name is not UTF-8: rename it`),
        );
      for (const entry of entries) this.#waiting.push([...names, entry]);
      go(null);
    });
  }

  #skip(file: string, what: string): null {
    this.#skipped.push(`${printable(file)} is ${what}: left out`);
    return null;
  }

  /** Sorts files as other clients do: otherwise the info-hash would differ. */
  #sorted(): readonly FoundFile[] {
    const keyed = this.#files.map((file) => ({ file, key: Buffer.from(file.names.join('/')) }));
    return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ file }) => file);
  }
}
