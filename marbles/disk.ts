import { EMPTY, Observable, defer, finalize, ignoreElements, map, of, timer } from 'rxjs';
import type { FileStamp, Storage } from '../src/env.ts';
import { StorageError } from '../src/errors.ts';
import { Geometry } from '../src/torrent/geometry.ts';
import type { Torrent } from '../src/torrent/metainfo.ts';
import type { Mark } from './lane.ts';
import type { Backdrop } from './stage.ts';
import { pieceBytes } from './torrent.ts';

export type DiskWork = 'open' | 'read' | 'write' | 'finish' | 'stamps' | 'flush' | 'others' | 'load' | 'save';

export interface DiskOptions {
  /** Milliseconds that each piece of work takes. */
  readonly takes?: number;
  /** The error with which the nth piece of work of its kind fails, counted from 1. */
  readonly fails?: (work: DiskWork, nth: number) => StorageError | undefined;
  /** Pieces that are there from the start. */
  readonly has?: readonly number[];
  /** Distinguishes one run of the machine from the next. */
  readonly boot?: string;
}

/** A disk in memory, with one torrent on it. It outlives the storages that are opened on it, so runs can follow one another. */
export class DrawnDisk {
  readonly bytes: Uint8Array;
  /** When each write ended, and the index of the piece in which it began. */
  readonly written: Mark[] = [];
  note: Uint8Array | undefined;
  readonly #stage: Backdrop;
  readonly #torrent: Torrent;
  readonly #options: DiskOptions;
  readonly #done = new Map<DiskWork, number>();
  /** What `stamps` says of the files; undefined before there are any. */
  #mtime: number | undefined;
  #locked = false;

  constructor(stage: Backdrop, options: DiskOptions = {}) {
    this.#stage = stage;
    this.#torrent = stage.torrent;
    this.#options = options;
    this.bytes = new Uint8Array(this.#torrent.length);
    const geometry = new Geometry(this.#torrent);
    for (const index of options.has ?? []) this.bytes.set(pieceBytes(geometry, index), geometry.pieceOffset(index));
    if (options.has !== undefined) this.#mtime = 0;
  }

  open(): Observable<Storage> {
    return new Observable<Storage>((subscriber) => {
      if (this.#locked) return subscriber.error(new StorageError('locked', 'the drawn disk is open already: close it first'));
      this.#locked = true;
      const close = this.#stage.ledger.open('the storage');
      subscriber.add(() => {
        this.#locked = false;
        close();
      });
      const storage$ = this.#work('open', () => this.#storage());
      subscriber.add(storage$.subscribe({ next: (storage) => subscriber.next(storage), error: (error: unknown) => subscriber.error(error) }));
    });
  }

  #storage(): Storage {
    return {
      place: 'drawn',
      paths: this.#torrent.files.map(({ padding }, file) => (padding ? '' : `drawn/${file}`)),
      apart: { pieces: () => [], read: () => of(0) },
      replace: () => undefined,
      doubted: () => [],
      read: (offset, into) => this.#work('read', () => this.#read(offset, into)),
      write: (offset, bytes) => this.#work('write', () => this.#write(offset, bytes)),
      finish: () => this.#work('finish', () => void (this.#mtime ??= this.#stage.now())).pipe(nothing),
      stamps: () => this.#work('stamps', () => this.#stamps()),
      flush: () => this.#work('flush', () => undefined).pipe(nothing),
      notes: {
        boot: this.#options.boot ?? 'drawn',
        others: () => this.#work('others', () => []),
        load: () => this.#work('load', () => this.note?.slice()),
        save: (note) => this.#save(note),
      },
    };
  }

  /** The first note, which only says whose the files are, takes no time: so drawings are of pieces. */
  #save(note: Uint8Array): Observable<never> {
    const first = this.note === undefined;
    const kept = (): void => void (this.note = note.slice());
    return first ? defer(() => (kept(), EMPTY)) : this.#work('save', kept).pipe(nothing);
  }

  /** Work is done at the end of its time: bytes that were let go before that are the wrong ones. */
  #work<T>(work: DiskWork, act: () => T): Observable<T> {
    return defer(() => {
      const nth = (this.#done.get(work) ?? 0) + 1;
      this.#done.set(work, nth);
      const close = this.#stage.ledger.open(`${work} on disk`);
      return timer(this.#options.takes ?? 1).pipe(
        map(() => {
          const error = this.#options.fails?.(work, nth);
          if (error !== undefined) throw error;
          return act();
        }),
        finalize(close),
      );
    });
  }

  #read(offset: number, into: Uint8Array): number {
    const there = this.#mtime === undefined ? new Uint8Array() : this.bytes.subarray(offset, offset + into.length);
    into.set(there);
    return there.length;
  }

  #write(offset: number, bytes: Uint8Array): number {
    this.bytes.set(bytes, offset);
    this.#mtime = this.#stage.now();
    this.written.push({ frame: this.#mtime, kind: 'value', value: String(Math.floor(offset / this.#torrent.pieceLength)) });
    return bytes.length;
  }

  #stamps(): readonly FileStamp[] {
    return this.#torrent.files.map(({ length }) => (this.#mtime === undefined ? { size: -1, mtime: 0 } : { size: length, mtime: this.#mtime }));
  }
}

const nothing = ignoreElements();
