import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Observable } from 'rxjs';
import type { FileStamp, Storage, Target } from '../env.ts';
import { StorageError } from '../errors.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import { diskError, printable } from './diskError.ts';
import { each } from './each.ts';
import { hiddenName } from './hiddenName.ts';
import type { Done } from './insideFolder.ts';
import { Lengths } from './lengths.ts';
import { LockFile } from './lockFile.ts';
import { readSpan, writeSpan } from './moveSpan.ts';
import { OpenDigests } from './openDigests.ts';
import { OpenFiles } from './openFiles.ts';
import { ResumeFile, syncFolder } from './resumeFile.ts';
import { rootName, safePaths } from './safePath.ts';
import { Spans, type Span } from './spans.ts';

/** Files created, looked at or synced at once by one call. */
const AT_ONCE = 8;
/** Threads that hash what is on disk; more wait for memory. */
const MAX_THREADS = 32;

/**
 * The files of `torrent` in `target`, until unsubscribed; emits once and does not complete.
 *
 * A hidden lock file beside the data keeps other processes out; where none can be made yet (no folder, read-only, no
 * room) reading works without, and writing makes it first. Unsubscribing closes everything as soon as the disk
 * operations under way have ended, then gives the lock back.
 *
 * An operation of the disk that has begun can't be taken back: when a `read` or `write` is unsubscribed before its end,
 * its buffer must not be used for anything else, but be dropped.
 *
 * @throws StorageError `locked`, InputError `unsafe-path`.
 */
export const openStorage = (torrent: Torrent, target: Target): Observable<Storage> =>
  new Observable((subscriber) => {
    const storage = new FileStorage(torrent, target);
    storage.open((error) => (error ? subscriber.error(error) : subscriber.next(storage)));
    return () => storage.close();
  });

/**
 * Invariants: no file is open after the last operation that began before `close` has ended; `#dirty` holds every file
 * written to since it was last synced; padding is never on disk.
 */
class FileStorage implements Storage {
  readonly notes: ResumeFile;
  readonly #root: string;
  readonly #paths: readonly string[];
  readonly #torrent: Torrent;
  readonly #spans: Spans;
  readonly #files: OpenFiles;
  readonly #digests: OpenDigests;
  readonly #lengths: Lengths;
  readonly #lock: LockFile;
  readonly #dirty = new Set<number>();
  /** Operations under way. */
  #running = 0;
  #closed = false;
  #ready = false;
  #whenReady: Done<void>[] = [];
  /** Writes under way, each with those who wait for its end. */
  readonly #writes = new Set<(() => void)[]>();

  constructor(torrent: Torrent, target: Target) {
    this.#torrent = torrent;
    this.#root = path.resolve(target.folder);
    this.#paths = safePaths(torrent, target);
    this.#spans = new Spans(torrent);
    this.#files = new OpenFiles(this.#root, this.#paths);
    this.#digests = new OpenDigests(this.#files, this.#spans, Math.min(MAX_THREADS, os.availableParallelism()));
    this.#lengths = new Lengths(this.#paths, (file) => torrent.files[file]?.length);
    const name = rootName(torrent, target);
    this.#lock = new LockFile(path.join(this.#root, hiddenName(name, 'rxtorrent.lock')));
    const mark = Buffer.from(torrent.infoHash).toString('hex', 0, 4);
    this.notes = new ResumeFile(path.join(this.#root, hiddenName(name, `${mark}.rxtorrent`)), {
      operation: (run) => this.#operation(run),
      ready: (done) => this.#whenWritable(done),
    });
  }

  open(done: Done<void>): void {
    this.#running++;
    this.#lock.take((error) => {
      this.#ready = error === null;
      const locked = error instanceof StorageError ? error : null;
      if (!this.#closed) done(locked);
      this.#ended();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lock.releasing();
    this.#running++;
    this.#ended();
  }

  read(offset: number, into: Uint8Array): Observable<number> {
    return this.#operation((done, wanted) => this.#transfer(this.#spans.of(offset, into.length), 0, [into], 'read', wanted, done));
  }

  digest(offset: number, length: number): Observable<Uint8Array> {
    return this.#operation((done, wanted) => this.#digests.of(offset, length, wanted, done));
  }

  write(offset: number, bytes: Uint8Array): Observable<number> {
    return this.writev(offset, [bytes]);
  }

  writev(offset: number, parts: readonly Uint8Array[]): Observable<number> {
    return this.#operation((done, wanted) => {
      const spans = this.#spans.of(offset, lengthOf(parts));
      const waiting: (() => void)[] = [];
      this.#writes.add(waiting);
      const ended: Done<number> = (error, count) => {
        this.#writes.delete(waiting);
        done(error, count);
        for (const wait of waiting) wait();
      };
      this.#whenWritable((error) => (error ? ended(error) : this.#transfer(spans, 0, parts, 'write', wanted, ended)));
    });
  }

  prepare(selected: (file: number) => boolean = () => true): Observable<never> {
    return this.#operation<never>((done, wanted) => {
      const wants = (file: number): boolean => wanted() && selected(file);
      this.#lengths.lacking(wants, (gone, lacking = []) => {
        // Where nothing is to be changed nobody needs to be able to: a seed may be read-only.
        if (gone || lacking.length === 0) return done(gone);
        this.#whenWritable((error) => {
          if (error) return done(error);
          each(lacking.length, AT_ONCE, (n, next) => (wanted() ? this.#allocate(lacking[n] as number, next) : next(null)), done as Done<void>);
        });
      });
    });
  }

  stamps(): Observable<readonly FileStamp[]> {
    return this.#operation<readonly FileStamp[]>((done, wanted) => {
      const stamps: FileStamp[] = this.#paths.map(() => nothing);
      const look = (file: number, next: Done<void>): void => {
        const name = this.#paths[file] as string;
        if (name === '' || !wanted()) return next(null);
        fs.lstat(name, (error, stat) => {
          if (!error && stat.isFile()) stamps[file] = { size: stat.size, mtime: stat.mtimeMs };
          next(null);
        });
      };
      this.#afterWrites(() => each(stamps.length, AT_ONCE, look, () => done(null, stamps)));
    });
  }

  /** Calls back when the writes that are under way now have ended: after them no file would look as it did before. */
  #afterWrites(done: () => void): void {
    let left = this.#writes.size;
    if (left === 0) return done();
    const ended = (): void => {
      if (--left === 0) done();
    };
    for (const waiting of this.#writes) waiting.push(ended);
  }

  flush(): Observable<never> {
    return this.#operation<never>((done) => {
      const files = [...this.#dirty];
      each(
        files.length,
        AT_ONCE,
        (n, next) => this.#sync(files[n] as number, next),
        (error) => {
          const failure = error ?? this.#files.takeFailure();
          if (failure) return done(failure);
          const folders = files.length > 0 ? this.#foldersOf(files) : [];
          each(folders.length, AT_ONCE, (n, next) => syncFolder(folders[n] as string, () => next(null)), done as Done<void>);
        },
      );
    });
  }

  /** Runs until `done`, whether anyone still listens or not, and keeps the files open that long. */
  #operation<T>(run: (done: Done<T>, wanted: () => boolean) => void): Observable<T> {
    return new Observable<T>((subscriber) => {
      // What follows from an operation under way, as the last note does from the stamps, still belongs to it.
      if (this.#closed && this.#running === 0)
        return subscriber.error(new StorageError('io', `${printable(this.#root)}: the storage is closed; open it again`));
      this.#running++;
      const done: Done<T> = (error, value) => {
        if (error) subscriber.error(error);
        else {
          if (value !== undefined) subscriber.next(value);
          subscriber.complete();
        }
        this.#ended();
      };
      try {
        run(done, () => !subscriber.closed);
      } catch (defect) {
        done(defect as Error);
      }
    });
  }

  #ended(): void {
    this.#running--;
    if (this.#running > 0 || !this.#closed) return;
    this.#files.close(() => this.#lock.release(() => {}));
  }

  /** Nothing is written without the lock; the folder that holds it may have to be made first. */
  #whenWritable(done: Done<void>): void {
    if (this.#ready) return done(null);
    this.#whenReady.push(done);
    if (this.#whenReady.length > 1) return;
    const ended = (error: Error | null): void => {
      this.#ready = error === null;
      const waiting = this.#whenReady;
      this.#whenReady = [];
      for (const wait of waiting) wait(error && diskError('write to', this.#root, error));
    };
    fs.mkdir(this.#root, { recursive: true }, (error) => (error ? ended(error) : this.#lock.take(ended)));
  }

  /** Works off `spans` from number `n` on, one after the other. */
  #transfer(spans: readonly Span[], n: number, parts: readonly Uint8Array[], access: 'read' | 'write', wanted: () => boolean, done: Done<number>): void {
    let next = n;
    for (; spans[next]?.padding; next++) if (access === 'read') zero(parts, spans[next] as Span);
    const span = spans[next];
    if (!span || !wanted()) return done(null, lengthOf(parts));
    this.#files.acquire(span.file, access, (error, open) => {
      if (!open) return error instanceof StorageError && error.code === 'missing' && access === 'read' ? done(null, span.from) : done(error ?? null);
      if (access === 'write') this.#dirty.add(span.file);
      const end = (failure: Error | null, count = 0): void => {
        this.#files.release(open);
        if (failure) done(diskError(access, this.#paths[span.file] as string, failure));
        else if (count < span.length) done(null, span.from + count);
        else this.#transfer(spans, next + 1, parts, access, wanted, done);
      };
      if (access === 'read') readSpan(open.fd, parts[0] as Uint8Array, span, 0, end);
      else writeSpan(open.fd, parts, span, 0, end);
    });
  }

  #allocate(file: number, done: Done<void>): void {
    const length = this.#torrent.files[file]?.length ?? 0;
    this.#files.acquire(file, 'write', (denied, open) => {
      if (!open) return done(denied ?? null);
      const end = (error: Error | null): void => {
        this.#files.release(open);
        if (!error) this.#lengths.made(file);
        done(error && diskError('create', this.#paths[file] as string, error));
      };
      fs.fstat(open.fd, (error, stat) => {
        if (error || stat.size === length) return end(error);
        fs.ftruncate(open.fd, length, end);
      });
    });
  }

  #sync(file: number, done: Done<void>): void {
    // Written to meanwhile, it is dirty again.
    this.#dirty.delete(file);
    this.#files.acquire(file, 'sync', (denied, open) => {
      // A file that somebody deleted has nothing to keep; its stamp will tell.
      if (!open) return done(denied instanceof StorageError && denied.code === 'missing' ? null : this.#unsynced(file, denied ?? null));
      fs.fsync(open.fd, (error) => {
        this.#files.release(open);
        done(this.#unsynced(file, error));
      });
    });
  }

  #unsynced(file: number, error: Error | null): Error | null {
    if (error) this.#dirty.add(file);
    return error && diskError('write', this.#paths[file] as string, error);
  }

  /** The folders that hold `files`, up to and with the root. */
  #foldersOf(files: readonly number[]): readonly string[] {
    const folders = new Set([this.#root]);
    for (const file of files) {
      for (let folder = path.dirname(this.#paths[file] as string); !folders.has(folder); folder = path.dirname(folder)) folders.add(folder);
    }
    return [...folders];
  }
}

const nothing: FileStamp = { size: -1, mtime: 0 };

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** What is read goes into one buffer. */
const zero = ([into]: readonly Uint8Array[], { from, length }: Span): void => void into?.fill(0, from, from + length);
