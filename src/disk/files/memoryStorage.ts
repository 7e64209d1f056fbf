import { defer, EMPTY, type Observable, of } from 'rxjs';
import { InvariantError, StorageError } from '../../contracts/errors.ts';
import type { FileStamp, ResumeStore, Storage } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

type Kept = Pick<Torrent, 'name' | 'length' | 'files'>;

/** A storage whose bytes can be had at any time. */
export interface MemoryStorage extends Storage {
  /** All files, one after the other, padding included: the very memory, zeros where nothing has been written. */
  readonly bytes: Uint8Array;
  /** The bytes of `torrent.files[file]`: the very memory, too. */
  file(file: number): Uint8Array;
}

/**
 * A storage in memory. It copies what is lent to it, remembers its note, and so may be given to one download after
 * another: the second one goes on where the first one ended.
 *
 * ```
 * first   --s-s!        unsubscribed
 * second       e-s-(sd|)   the same storage
 * ```
 *
 * Takes as many bytes as the torrent has, all of them at once, whatever is selected. For tests, and for what is small.
 *
 * @example
 * const storage = memoryStorage(torrent);
 * download(torrent, { ...nodeEnv(), openStorage: () => of(storage) }, { target: { folder: '.' } }).subscribe({
 *   complete: () => console.log(new TextDecoder().decode(storage.file(0))),
 * });
 *
 * @throws StorageError `full` if there is not so much memory
 */
export const memoryStorage = (torrent: Pick<Torrent, 'name' | 'length' | 'files'>): MemoryStorage => {
  const bytes = memoryFor(torrent);
  const files = new Files(torrent.files);
  return {
    bytes,
    file: (file) => {
      const { offset = 0, length = 0 } = torrent.files[file] ?? {};
      return bytes.subarray(offset, offset + length);
    },
    place: torrent.name,
    paths: torrent.files.map(({ path, padding }) => (padding ? '' : path.join('/'))),
    read: (offset, into) =>
      defer(() => {
        const part = bytes.subarray(offset, offset + into.length);
        into.set(part);
        return of(part.length);
      }),
    write: (offset, part) =>
      defer(() => {
        if (offset + part.length > bytes.length)
          throw new InvariantError(`${part.length} bytes at ${offset} of a torrent of ${bytes.length}`);
        bytes.set(part, offset);
        files.written(offset, offset + part.length);
        return of(part.length);
      }),
    replace: () => undefined,
    finish: () => defer(() => files.finish()),
    doubted: () => [],
    apart: { read: () => of(0), pieces: () => [] },
    stamps: () => defer(() => of(files.stamps())),
    flush: () => EMPTY,
    notes: notesInMemory(),
  };
};

/** Which files are there, and when each was last written to: counted, as nothing here needs a clock. */
class Files {
  readonly #files: Kept['files'];
  readonly #changed: (number | undefined)[];
  #count = 0;

  constructor(files: Kept['files']) {
    this.#files = files;
    this.#changed = files.map(() => undefined);
  }

  written(from: number, to: number): void {
    this.#count++;
    this.#files.forEach(({ offset, length }, file) => {
      if (offset < to && from < offset + length) this.#changed[file] = this.#count;
    });
  }

  finish(): Observable<never> {
    for (const file of this.#changed.keys()) this.#changed[file] ??= ++this.#count;
    return EMPTY;
  }

  stamps(): readonly FileStamp[] {
    return this.#files.map(({ length }, file) => {
      const mtime = this.#changed[file];
      return mtime === undefined ? { size: -1, mtime: 0 } : { size: length, mtime };
    });
  }
}

const notesInMemory = (): ResumeStore => {
  let note: Uint8Array | undefined;
  return {
    boot: 'memory',
    load: () => defer(() => of(note)),
    save: (saved) =>
      defer(() => {
        note = Uint8Array.from(saved);
        return EMPTY;
      }),
    others: () => of([]),
  };
};

const memoryFor = ({ name, length }: Kept): Uint8Array => {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new StorageError('full', `${name}: ${length} bytes do not fit into memory`, { cause });
  }
};
