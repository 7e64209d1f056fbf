import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Observable } from 'rxjs';
import type { FileStamp, Storage, Target } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { diskError, printable } from '../errors/diskError.ts';
import { each } from './each.ts';
import { finish } from './finish.ts';
import { hiddenName } from '../names/hiddenName.ts';
import { foldersOf } from './foldersOf.ts';
import type { Done } from './insideFolder.ts';
import { OpenDigests } from './openDigests.ts';
import { OpenFiles } from './openFiles.ts';
import { Operations } from './operations.ts';
import { OwnFiles } from './ownFiles.ts';
import { PartFile } from './partFile.ts';
import { syncFolder } from '../notes/resumeFile.ts';
import { besideName, ResumeNotes } from '../notes/resumeNotes.ts';
import { checkBoth, reserving } from '../places/allocate.ts';
import { moveAll } from '../places/moveAll.ts';
import { Places } from '../places/places.ts';
import { reuseFiles } from '../places/similarFiles.ts';
import { rootName } from '../names/safePath.ts';
import { fsyncSoftly } from './softSync.ts';
import { Spans } from './spans.ts';
import { NO_FILE, stampOf } from './stamp.ts';
import { Transfers } from './transfers.ts';
import { trueFolder } from '../names/trueFolder.ts';
import { WriteAccess } from './writeAccess.ts';

/** Number of files that one call examines or syncs at the same time. */
const AT_ONCE = 8;
/** Maximum number of threads that hash data on disk; more would wait for memory. */
const MAX_THREADS = 32;
const THREADS = Math.min(MAX_THREADS, os.availableParallelism());

/**
 * Opens the files of `torrent` in `target` until unsubscribed; emits once and does not complete. Resume notes of
 * complete torrents are kept in the folder `state`, or nowhere if it is not given.
 *
 * A hidden lock file beside the data keeps other processes out. If it cannot be made yet (no folder, read-only, no
 * room), reading works without it, and the first write makes it. Unsubscribing closes everything as soon as pending
 * disk operations have ended, and then releases the lock.
 *
 * A disk operation that has begun cannot be cancelled: when a `read` or `write` is unsubscribed before its end, its
 * buffer must be dropped, and not be used again.
 *
 * @throws StorageError `locked`, InputError `unsafe-path`.
 */
export const openStorage = (torrent: Torrent, target: Target, state?: string): Observable<Storage> =>
  new Observable((subscriber) => {
    const storage = new FileStorage(torrent, target, state);
    storage.open((error) => (error ? subscriber.error(error) : subscriber.next(storage)));
    return () => storage.close();
  });

/**
 * No file is open once the last operation that began before `close` has ended. Padding is never on disk.
 */
class FileStorage implements Storage {
  readonly notes: ResumeNotes;
  readonly place: string;
  readonly paths: readonly string[];
  readonly apart: Storage['apart'];
  readonly #places: Places;
  readonly #torrent: Torrent;
  readonly #target: Target;
  readonly #files: OpenFiles;
  readonly #own: OwnFiles;
  readonly #parts: PartFile;
  readonly #transfers: Transfers;
  readonly #digests: OpenDigests;
  readonly #access: WriteAccess;
  readonly #operations: Operations;
  /** Files that were written to since they were last synced. */
  readonly #dirty = new Set<number>();
  /** Pending writes, each with the callbacks that wait for its end. */
  readonly #writes = new Set<(() => void)[]>();

  constructor(torrent: Torrent, target: Target, state: string | undefined) {
    const name = rootName(torrent, target);
    const { wanted = () => true, force = false, readOnly = false } = target;
    const { pieceLength, infoHash, pieceSizes, pieceRoots } = torrent;
    const { pieceCount } = new Geometry(torrent);
    const mark = Buffer.from(infoHash).toString('hex', 0, 4);
    this.#torrent = torrent;
    this.#target = target;
    this.#places = new Places(torrent, target);
    const { paths, root, lastRoot, rootOf } = this.#places;
    this.place = path.join(lastRoot, name);
    this.paths = paths;
    const spans = new Spans(torrent);
    this.#files = new OpenFiles(rootOf, paths);
    const reserve = target.allocate === 'full' ? reserving(() => !this.#operations.closed) : undefined;
    this.#own = new OwnFiles(paths, (file) => this.#lengthOf(file), force, reserve);
    const partsPath = path.join(root, besideName(name, `${mark}.parts`));
    this.#parts = new PartFile(root, partsPath, { infoHash, pieceLength, pieceCount });
    this.#transfers = new Transfers({
      ...{ paths, spans, wanted, pieceLength, files: this.#files, own: this.#own, parts: this.#parts },
      dirty: (file) => void this.#dirty.add(file),
    });
    const kind = pieceSizes ? 'blocks' : pieceRoots ? 'both' : 'sha1';
    // The calling thread has nothing else to do for a storage that is only checked.
    this.#digests = new OpenDigests(this.#files, spans, { size: THREADS, kind, takesPart: readOnly });
    this.#access = this.#accessAs(readOnly ? undefined : hiddenName(name, 'rxtorrent.lock'));
    this.#operations = new Operations(
      () => new StorageError('io', `${printable(root)}: the storage is closed; open it again`),
      () => this.#files.close(() => this.#parts.close(() => this.#access.release())),
    );
    const folders = { folder: trueFolder(root), lasting: trueFolder(lastRoot) };
    this.notes = new ResumeNotes(
      { ...folders, name, infoHash, state, readOnly, apart: () => this.#parts.pieces.length > 0 },
      { operation: (run) => this.#operations.run(run), ready: (done) => this.#access.ask(done) },
    );
    this.apart = { pieces: () => this.#parts.pieces, read: (offset, into) => this.#readApart(offset, into) };
  }

  #accessAs(lock: string | undefined): WriteAccess {
    const { root, lastRoot } = this.#places;
    const room = this.#target.allocate === 'full' ? (done: Done<void>) => this.#checkRoom(done) : undefined;
    return new WriteAccess(root === lastRoot ? [root] : [root, lastRoot], lock, room);
  }

  #checkRoom(done: Done<void>): void {
    const { wanted = () => true } = this.#target;
    checkBoth(this.#places, (file) => (wanted(file) ? this.#lengthOf(file) : 0), done);
  }

  /** From the pieces that are kept apart. */
  #readApart(offset: number, into: Uint8Array): Observable<number> {
    const { pieceLength } = this.#torrent;
    const piece = Math.floor(offset / pieceLength);
    return this.#operations.run((done) => this.#parts.read(piece, offset - piece * pieceLength, into, done));
  }

  open(done: Done<void>): void {
    const { allocate, readOnly } = this.#target;
    const ended: Done<void> = (error) => {
      if (!this.#operations.closed) done(error);
      this.#operations.end();
    };
    // What there is no room for is not even asked of peers.
    const opened: Done<void> = (locked) =>
      locked || allocate !== 'full' || readOnly === true ? ended(locked) : this.#checkRoom(ended);
    this.#operations.begin();
    this.#access.try((locked) => this.#places.find(() => this.#parts.load(() => opened(locked))));
  }

  close(): void {
    this.#access.releasing();
    this.#operations.close();
  }

  read(offset: number, into: Uint8Array): Observable<number> {
    return this.#operations.run((done, wanted) => this.#transfers.read(offset, into, wanted, done));
  }

  digest(offset: number, length: number): Observable<Uint8Array> {
    return this.#operations.run((done, wanted) => {
      if (this.#transfers.whole(offset, length)) this.#digests.of(offset, length, wanted, done);
      else done(null);
    });
  }

  write(offset: number, bytes: Uint8Array): Observable<number> {
    return this.writev(offset, [bytes]);
  }

  writev(offset: number, parts: readonly Uint8Array[]): Observable<number> {
    return this.#operations.run((done, wanted) => {
      const waiting: (() => void)[] = [];
      this.#writes.add(waiting);
      const ended: Done<number> = (error, count) => {
        this.#writes.delete(waiting);
        done(error, count);
        for (const wait of waiting) wait();
      };
      this.#access.ask((error) => (error ? ended(error) : this.#transfers.write(offset, parts, wanted, ended)));
    });
  }

  replace(files: readonly number[]): void {
    this.#own.replace(files);
  }

  doubted(): readonly number[] {
    return this.#own.doubted;
  }

  finish(): Observable<never> {
    return this.#operations.run<never>((done, alive) => {
      const { wanted = () => true, force = false, readOnly = false } = this.#target;
      if (readOnly) return done(null);
      const lengthOf = (file: number): number => this.#lengthOf(file);
      const writable = (ready: Done<void>): void => this.#access.ask(ready);
      finish({ paths: this.paths, lengthOf, wanted, files: this.#files, own: this.#own, force, writable }, (error) => {
        if (error) return done(error);
        const { pieceLength } = this.#torrent;
        const size = (piece: number): number => Math.min(pieceLength, this.#torrent.length - piece * pieceLength);
        const settled = this.#parts.pieces.filter((piece) => this.#transfers.whole(piece * pieceLength, size(piece)));
        this.#parts.drop(settled, (failed) => (failed ? done(failed) : this.#move(alive, done as Done<void>)));
      });
    });
  }

  #move(alive: () => boolean, done: Done<void>): void {
    const { wanted = () => true, force = false } = this.#target;
    if (this.paths.every((_, file) => this.#places.isLasting(file) || !wanted(file))) return done(null);
    const mark = Buffer.from(this.#torrent.infoHash).toString('hex', 0, 4);
    const parts = { places: this.#places, files: this.#files, own: this.#own, wanted, force, mark, alive };
    this.#access.ask((denied) => (denied ? done(denied) : moveAll(parts, done)));
  }

  reuse(): Observable<never> {
    const { wanted = () => true, similar = [], readOnly = false } = this.#target;
    return this.#operations.run<never>((done, alive) => {
      const [access, dirty] = [this.#access, this.#dirty];
      if (readOnly) done(null);
      else
        reuseFiles(
          { torrent: this.#torrent, places: this.#places, similar, wanted, access, dirty, alive },
          done as Done<void>,
        );
    });
  }

  stamps(): Observable<readonly FileStamp[]> {
    return this.#operations.run<readonly FileStamp[]>((done, wanted) => {
      const stamps: FileStamp[] = this.paths.map(() => NO_FILE);
      const look = (file: number, next: Done<void>): void => {
        const name = this.paths[file] as string;
        if (name === '' || !wanted()) return next(null);
        fs.lstat(name, (error, stat) => {
          const there = !error && stat.isFile();
          // A file that is no longer ours, or was changed by another program, must not have a stamp that a later run
          // would trust.
          if (this.#own.check(file, there ? stat : undefined) || this.#own.doubted.includes(file))
            stamps[file] = { ...NO_FILE, size: there ? stat.size : -1 };
          else if (there) stamps[file] = stampOf(stat);
          next(null);
        });
      };
      this.#afterWrites(() => each(stamps.length, AT_ONCE, look, () => done(null, stamps)));
    });
  }

  /**
   * Calls back when all writes that are pending now have ended, since each of them still changes the stamp of its file.
   */
  #afterWrites(done: () => void): void {
    let left = this.#writes.size;
    if (left === 0) return done();
    const ended = (): void => {
      if (--left === 0) done();
    };
    for (const waiting of this.#writes) waiting.push(ended);
  }

  flush(): Observable<never> {
    return this.#operations.run<never>((done) => {
      const files = [...this.#dirty];
      const sync = (n: number, next: Done<void>): void => this.#sync(files[n] as number, next);
      each(files.length, AT_ONCE, sync, (error) => {
        const failure = error ?? this.#files.takeFailure();
        if (failure) return done(failure);
        const { root, lastRoot } = this.#places;
        const folders = foldersOf(files, this.paths, [root, lastRoot]);
        const folder = (n: number, next: Done<void>): void => syncFolder(folders[n] as string, () => next(null));
        each(folders.length, AT_ONCE, folder, () => this.#parts.sync(done as Done<void>));
      });
    });
  }

  #lengthOf(file: number): number {
    return this.#torrent.files[file]?.length ?? 0;
  }

  #sync(file: number, done: Done<void>): void {
    // If the file is written to in the meantime, it is dirty again.
    this.#dirty.delete(file);
    const ended = (error: Error | null): void => {
      if (error) this.#dirty.add(file);
      done(error && diskError('write', this.paths[file] as string, error));
    };
    this.#files.acquire(file, 'sync', (denied, open) => {
      // A file that was deleted cannot be synced; its stamp will show that.
      if (!open)
        return denied instanceof StorageError && denied.code === 'missing' ? done(null) : ended(denied ?? null);
      fsyncSoftly(open.fd, (error) => {
        this.#files.release(open);
        ended(error);
      });
    });
  }
}
