import { EMPTY, Observable, defer, finalize, ignoreElements, map, timer } from 'rxjs';
import type { FileStamp, Storage, Target } from '../src/contracts/storage.ts';
import { StorageError } from '../src/contracts/errors.ts';
import { BLOCK, Geometry } from '../src/torrent/geometry.ts';
import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import type { Mark } from './lane.ts';
import type { Backdrop } from './backdrop.ts';
import { Kinds, SparseBytes } from './sparse.ts';
import { pieceBytes } from './torrent.ts';

export type DiskWork = 'open' | 'read' | 'write' | 'finish' | 'stamps' | 'flush' | 'others' | 'load' | 'save';

export interface DiskOptions {
  /** Milliseconds that each operation takes; a function is asked when it begins. */
  readonly takes?: number | (() => number);
  /** The error with which the nth operation of its kind fails, counted from 1. */
  readonly fails?: (work: DiskWork, nth: number) => StorageError | undefined;
  /** Pieces that are on disk from the start; if given, all files exist. */
  readonly has?: readonly number[];
  /**
   * The numbers, from 0, of files that exist from the start and belong to another program: none of their bytes is
   * right.
   */
  readonly foreign?: readonly number[];
  /** Distinguishes one boot of the machine from the next. */
  readonly boot?: string;
}

/**
 * A disk in memory, with one torrent on it. The disk outlives the storages that are opened on it, so a drawing can have
 * several runs.
 */
export class DrawnDisk {
  /** The time of each write, and the index of the piece in which it began. */
  readonly written: Mark[] = [];
  note: Uint8Array | undefined;
  readonly #stage: Pick<Backdrop, 'torrent' | 'ledger' | 'now'>;
  readonly #torrent: Torrent;
  readonly #options: DiskOptions;
  readonly #done = new Map<DiskWork, number>();
  /** When each file was last written to; undefined if it does not exist. */
  readonly #mtimes: (number | undefined)[];
  /** Pieces that are kept apart because they touch an unwanted file. */
  readonly apart = new Map<number, Uint8Array>();
  readonly #geometry: Geometry;
  readonly #content: SparseBytes;
  #locked = false;

  /** Disks with the same torrent can share `kinds`. */
  constructor(stage: Pick<Backdrop, 'torrent' | 'ledger' | 'now'>, options: DiskOptions = {}, kinds = new Kinds()) {
    this.#stage = stage;
    this.#torrent = stage.torrent;
    this.#options = options;
    this.#content = new SparseBytes(kinds, this.#torrent.length);
    const geometry = new Geometry(this.#torrent);
    this.#geometry = geometry;
    for (const index of options.has ?? [])
      this.#content.write(geometry.pieceOffset(index), pieceBytes(geometry, index));
    this.#mtimes = this.#torrent.files.map((_, file) =>
      options.has !== undefined || options.foreign?.includes(file) ? 0 : undefined,
    );
    for (const file of options.foreign ?? []) {
      const { offset, length } = this.#torrent.files[file] as Torrent['files'][number];
      this.bytes.fill(0xee, offset, offset + length);
    }
  }

  /** All bytes, in one buffer that may be written to. */
  get bytes(): Uint8Array {
    return this.#content.whole;
  }

  /** Is each byte of the torrent there, and right? */
  get isWhole(): boolean {
    const blocks = Math.ceil(this.#torrent.length / BLOCK);
    return Array.from({ length: blocks }, (_, at) => at).every((at) => this.#content.isRight(at));
  }

  /** The numbers of the files that exist. */
  get files(): readonly number[] {
    return this.#mtimes.flatMap((mtime, file) => (mtime === undefined ? [] : [file]));
  }

  open({ wanted = () => true }: Pick<Target, 'wanted'> = {}): Observable<Storage> {
    return new Observable<Storage>((subscriber) => {
      if (this.#locked)
        return subscriber.error(new StorageError('locked', 'the drawn disk is open already: close it first'));
      this.#locked = true;
      const close = this.#stage.ledger.open('the storage');
      subscriber.add(() => {
        this.#locked = false;
        close();
      });
      const storage$ = this.#work('open', () => this.#storage(wanted));
      subscriber.add(
        storage$.subscribe({
          next: (storage) => subscriber.next(storage),
          error: (error: unknown) => subscriber.error(error),
        }),
      );
    });
  }

  #storage(wanted: (file: number) => boolean): Storage {
    return {
      place: 'drawn',
      paths: this.#torrent.files.map(({ padding }, file) => (padding ? '' : `drawn/${file}`)),
      apart: {
        pieces: () => [...this.apart.keys()],
        read: (offset, into) => this.#work('read', () => this.#readApart(offset, into)),
      },
      replace: () => undefined,
      doubted: () => [],
      read: (offset, into) => this.#work('read', () => this.#read(offset, into)),
      write: (offset, bytes) => this.#work('write', () => this.#write(offset, bytes, wanted)),
      finish: () => this.#work('finish', () => this.#finish(wanted)).pipe(nothing),
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

  /** The first note, which only claims the files, takes no time, so that drawings show pieces only. */
  #save(note: Uint8Array): Observable<never> {
    const first = this.note === undefined;
    const kept = (): void => void (this.note = note.slice());
    return first ? defer(() => (kept(), EMPTY)) : this.#work('save', kept).pipe(nothing);
  }

  /** The bytes are read at the end of the operation: a buffer that is released too early holds wrong bytes by then. */
  #work<T>(work: DiskWork, act: () => T): Observable<T> {
    return defer(() => {
      const nth = (this.#done.get(work) ?? 0) + 1;
      this.#done.set(work, nth);
      const close = this.#stage.ledger.open(`${work} on disk`);
      const { takes = 1 } = this.#options;
      return timer(typeof takes === 'number' ? takes : takes()).pipe(
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
    let count = 0;
    for (const [file, from, to] of this.#spans(offset, into.length)) {
      const apart = this.apart.get(Math.floor(from / this.#torrent.pieceLength));
      if (this.#mtimes[file] === undefined && apart === undefined) break;
      const there = into.subarray(from - offset, to - offset);
      if (this.#mtimes[file] !== undefined) this.#content.read(from, there);
      else there.set(apart?.subarray(from % this.#torrent.pieceLength).subarray(0, to - from) ?? []);
      count = to - offset;
    }
    return count;
  }

  #readApart(offset: number, into: Uint8Array): number {
    into.set(this.apart.get(Math.floor(offset / this.#torrent.pieceLength)) ?? []);
    return into.length;
  }

  #write(offset: number, bytes: Uint8Array, wanted: (file: number) => boolean): number {
    const now = this.#stage.now();
    const { pieceLength } = this.#torrent;
    for (const [file, from, to] of this.#spans(offset, bytes.length)) {
      if (wanted(file)) {
        this.#content.write(from, bytes.subarray(from - offset, to - offset));
        this.#mtimes[file] = now;
      } else this.apart.set(Math.floor(from / pieceLength), bytes.slice());
    }
    this.written.push({ frame: now, kind: 'value', value: String(Math.floor(offset / pieceLength)) });
    return bytes.length;
  }

  #finish(wanted: (file: number) => boolean): void {
    const of = (piece: number): Span[] =>
      this.#spans(this.#geometry.pieceOffset(piece), this.#geometry.pieceSize(piece));
    for (const piece of this.apart.keys()) if (of(piece).every(([file]) => wanted(file))) this.apart.delete(piece);
    this.#mtimes.forEach((mtime, file) => wanted(file) && (this.#mtimes[file] = mtime ?? this.#stage.now()));
  }

  /** The parts of files that `length` bytes at `offset` cover, and where each begins and ends in the torrent. */
  #spans(offset: number, length: number): Span[] {
    return this.#torrent.files.flatMap((file, nth): Span[] => {
      const [from, to] = [Math.max(offset, file.offset), Math.min(offset + length, file.offset + file.length)];
      return from < to ? [[nth, from, to]] : [];
    });
  }

  #stamps(): readonly FileStamp[] {
    return this.#torrent.files.map(({ length }, file) => {
      const mtime = this.#mtimes[file];
      return mtime === undefined ? { size: -1, mtime: 0 } : { size: length, mtime };
    });
  }
}

type Span = readonly [file: number, from: number, to: number];

const nothing = ignoreElements();
