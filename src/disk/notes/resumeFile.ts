import fs from 'node:fs';
import path from 'node:path';
import { Observable } from 'rxjs';
import { descriptors } from '../files/descriptors.ts';
import { diskError } from '../errors/diskError.ts';
import type { Done } from '../files/insideFolder.ts';
import { fsyncSoftly } from '../files/softSync.ts';

/** Maximum length of a note, in bytes: 2 million pieces and 100,000 files take 3.8 MB. */
export const MAX_NOTE = 8 * 1024 * 1024;

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;

/** How a note is kept. `operation` runs one that closing must not cut short. */
export interface Guard {
  operation<T>(run: (done: Done<T>) => void): Observable<T>;
  /** Tells whether writing is allowed. */
  ready(done: Done<void>): void;
  /**
   * A power cut may lose the note, which then costs another hash of the data. It saves two waits for the disk for each
   * of a thousand seeds.
   */
  readonly fleeting?: boolean;
  /** Called instead of writing if the note has not changed. */
  unchanged?(done: () => void): void;
}

/** Length of the checksum at the end of each note, in bytes. */
const CHECKSUM = 20;

/**
 * A note in a file, which is replaced as a whole or not at all. Saves run one after the other. While one is running,
 * only the latest of the others waits, and completes those that it replaces, too.
 */
export class ResumeFile {
  readonly path: string;
  readonly #guard: Guard;
  #saving = false;
  #next: { note: Uint8Array; readonly done: Done<never>[] } | undefined;
  /** Checksum of the file's content, if it is known. */
  #there: Uint8Array | undefined;

  constructor(file: string, guard: Guard) {
    this.path = file;
    this.#guard = guard;
  }

  /** `note` has just been read from the file. */
  found(note: Uint8Array): void {
    this.#there = note.slice(-CHECKSUM);
  }

  /** Saves `note`. A save continues when it is unsubscribed: half a save would be useless. */
  save(note: Uint8Array): Observable<never> {
    return this.#guard.operation<never>((done) => {
      if (this.#next) {
        this.#next.note = note;
        this.#next.done.push(done);
      } else this.#next = { note, done: [done] };
      this.#pump();
    });
  }

  /** Deletes the file, if there is one and nothing is being saved. */
  remove(): Observable<never> {
    return this.#guard.operation<never>((done) => {
      if (this.#saving) return done(null);
      this.#there = undefined;
      fs.unlink(this.path, (error) =>
        done(error && error.code !== 'ENOENT' ? diskError('delete', this.path, error) : null),
      );
    });
  }

  #pump(): void {
    const next = this.#next;
    if (this.#saving || !next) return;
    this.#saving = true;
    this.#next = undefined;
    const checksum = next.note.slice(-CHECKSUM);
    const ended = (error: Error | null): void => {
      this.#saving = false;
      this.#there = error ? undefined : checksum;
      const failure = error && diskError('save', this.path, error);
      for (const done of next.done) done(failure);
      this.#pump();
    };
    // If a thousand torrents are seeded again, their thousand notes have not changed.
    if (this.#there !== undefined && Buffer.compare(this.#there, checksum) === 0) return this.#leave(ended);
    this.#guard.ready((refused) =>
      refused ? ended(refused) : replace(this.path, next.note, this.#guard.fleeting !== true, ended),
    );
  }

  #leave(done: Done<void>): void {
    if (this.#guard.unchanged) this.#guard.unchanged(() => done(null));
    else done(null);
  }
}

/**
 * The content of a file that may be a note, and the time when it was written; undefined if there is no file, or it
 * cannot be a note.
 */
export interface FoundNote {
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly mtime: number;
}

export const loadNote = (file: string, done: (found: FoundNote | undefined) => void): void => {
  descriptors.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, undefined, (missing, opened) => {
    if (missing) return done(undefined);
    const fd = opened as number;
    const close = (found: FoundNote | undefined): void => descriptors.close(fd, () => done(found));
    fs.fstat(fd, (unknown, stat) => {
      if (unknown || !stat.isFile() || stat.size > MAX_NOTE) return close(undefined);
      // Not `readFile`: the file may grow in the meantime, and the limit must hold.
      const bytes = new Uint8Array(stat.size);
      fill(fd, bytes, 0, (size) => close(size === bytes.length ? { bytes, mtime: stat.mtimeMs } : undefined));
    });
  });
};

const fill = (fd: number, into: Uint8Array, at: number, done: (size: number) => void): void => {
  if (at === into.length) return done(at);
  fs.read(fd, into, at, into.length - at, at, (error, count) =>
    error || count === 0 ? done(at) : fill(fd, into, at + count, done),
  );
};

/** Replaces `file`; a `lasting` note survives a power cut from then on. */
const replace = (file: string, note: Uint8Array, lasting: boolean, done: Done<void>): void => {
  const temporary = `${file}.tmp`;
  const undo = (failure: Error): void => fs.unlink(temporary, () => done(failure));
  createAnew(temporary, (denied, opened) => {
    if (denied) return done(denied);
    const fd = opened as number;
    writeAll(fd, note, 0, (unwritten) => {
      const close = (unsynced: Error | null): void =>
        descriptors.close(fd, (unclosed) => {
          const failure = unwritten ?? unsynced ?? unclosed;
          if (failure) return undo(failure);
          fs.rename(temporary, file, (unnamed) => {
            if (unnamed) undo(unnamed);
            else if (lasting) syncFolder(path.dirname(file), () => done(null));
            else done(null);
          });
        });
      if (lasting) fsyncSoftly(fd, close);
      else close(null);
    });
  });
};

/** A leftover is not written to, nor a link followed that another program has put there. */
const createAnew = (file: string, done: Done<number>): void => {
  const create = (ended: (error: NodeJS.ErrnoException | null, fd?: number) => void): void =>
    descriptors.open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, ended);
  create((error, fd) => {
    if (error?.code !== 'EEXIST') return done(error, fd);
    fs.unlink(file, () => create(done));
  });
};

const writeAll = (fd: number, bytes: Uint8Array, at: number, done: Done<void>): void =>
  fs.write(fd, bytes, at, bytes.length - at, null, (error, count) =>
    error || at + count >= bytes.length ? done(error) : writeAll(fd, bytes, at + count, done),
  );

/** Makes the names in `folder` survive a power cut. Systems that do not support this do it by themselves. */
export const syncFolder = (folder: string, done: () => void): void => {
  descriptors.open(folder, O_RDONLY, undefined, (error, opened) => {
    if (error) return done();
    const fd = opened as number;
    fs.fsync(fd, () => descriptors.close(fd, () => done()));
  });
};
