import fs from 'node:fs';
import path from 'node:path';
import { Observable } from 'rxjs';
import type { Notes } from '../env.ts';
import { bootId } from './boot.ts';
import { diskError } from './diskError.ts';
import type { Done } from './insideFolder.ts';

/** Bytes of a note: 2 million pieces and 250,000 files take 4.3 MB. */
export const MAX_NOTE = 8 * 1024 * 1024;

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;

/** Runs something that must not be cut short by closing; `ready` is whether writing is allowed. */
export interface Guard {
  operation<T>(run: (done: Done<T>) => void): Observable<T>;
  ready(done: Done<void>): void;
}

/**
 * The note in `file`, replaced as a whole or not at all. Saves come one after the other; while one is under way only
 * the latest of the others waits, and it completes those it replaces, too. Damage shows on loading as undefined.
 */
export class ResumeFile implements Notes {
  readonly boot = bootId();
  readonly #file: string;
  readonly #guard: Guard;
  #saving = false;
  #next: { note: Uint8Array; readonly done: Done<never>[] } | undefined;

  constructor(file: string, guard: Guard) {
    this.#file = file;
    this.#guard = guard;
  }

  load(): Observable<Uint8Array | undefined> {
    return new Observable((subscriber) =>
      this.#guard
        .operation<{ note: Uint8Array | undefined }>((done) => load(this.#file, (note) => done(null, { note })))
        .subscribe({
          next: ({ note }) => subscriber.next(note),
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
    );
  }

  /** Takes `note` over. A save goes on when it is unsubscribed: half a save would be worth nothing. */
  save(note: Uint8Array): Observable<never> {
    return this.#guard.operation<never>((done) => {
      if (this.#next) {
        this.#next.note = note;
        this.#next.done.push(done);
      } else this.#next = { note, done: [done] };
      this.#pump();
    });
  }

  #pump(): void {
    const next = this.#next;
    if (this.#saving || !next) return;
    this.#saving = true;
    this.#next = undefined;
    this.#guard.ready((refused) => {
      const ended = (error: Error | null): void => {
        this.#saving = false;
        const failure = error && diskError('save', this.#file, error);
        for (const done of next.done) done(failure);
        this.#pump();
      };
      if (refused) ended(refused);
      else replace(this.#file, next.note, ended);
    });
  }
}

const load = (file: string, done: (note: Uint8Array | undefined) => void): void => {
  fs.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, (missing, fd) => {
    if (missing) return done(undefined);
    const close = (note: Uint8Array | undefined): void => fs.close(fd, () => done(note));
    fs.fstat(fd, (unknown, stat) => {
      if (unknown || !stat.isFile() || stat.size > MAX_NOTE) return close(undefined);
      // Not `readFile`: the file may grow meanwhile, and the limit must hold.
      const note = new Uint8Array(stat.size);
      fill(fd, note, 0, (size) => close(size === note.length ? note : undefined));
    });
  });
};

const fill = (fd: number, into: Uint8Array, at: number, done: (size: number) => void): void => {
  if (at === into.length) return done(at);
  fs.read(fd, into, at, into.length - at, at, (error, count) => (error || count === 0 ? done(at) : fill(fd, into, at + count, done)));
};

const replace = (file: string, note: Uint8Array, done: Done<void>): void => {
  const temporary = `${file}.tmp`;
  // A leftover, or a link that somebody put there, is not written through.
  fs.unlink(temporary, () => {
    fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, (denied, fd) => {
      if (denied) return done(denied);
      fs.writeFile(fd, note, (unwritten) => {
        fs.fsync(fd, (unsynced) => {
          fs.close(fd, (unclosed) => {
            const failure = unwritten ?? unsynced ?? unclosed;
            if (failure) return fs.unlink(temporary, () => done(failure));
            fs.rename(temporary, file, (unnamed) => (unnamed ? fs.unlink(temporary, () => done(unnamed)) : syncFolder(path.dirname(file), () => done(null))));
          });
        });
      });
    });
  });
};

/** Makes names in `folder` survive a power cut. Not every system can; those that can't do it by themselves. */
export const syncFolder = (folder: string, done: () => void): void => {
  fs.open(folder, O_RDONLY, (error, fd) => {
    if (error) return done();
    fs.fsync(fd, () => fs.close(fd, () => done()));
  });
};
