import fs from 'node:fs';
import { diskError } from '../errors/diskError.ts';
import type { Done } from './insideFolder.ts';
import { readSpan, writeSpan } from './moveSpan.ts';
import { OpenFiles } from './openFiles.ts';

/** What a part file belongs to. */
export interface PartShape {
  readonly infoHash: Uint8Array;
  readonly pieceLength: number;
  readonly pieceCount: number;
}

const MAGIC = new TextEncoder().encode('rxtorrent parts1');
const HASH = MAGIC.length;
const COUNT = HASH + 20;
const TABLE = COUNT + 8;
/** The first slot begins at a multiple of this. */
const PAGE = 4096;

/**
 * A file of whole pieces that touch an unwanted file, kept apart from the files themselves. A table has the slot number
 * of each piece, or 0; it is written after the content of the slot. The content is never trusted: its reader checks the
 * hash. A damaged part file counts as empty. Invariant: no two pieces share a slot, no piece has a free one, and
 * `#last` is the highest slot that the file has.
 */
export class PartFile {
  readonly #path: string;
  readonly #shape: PartShape;
  readonly #begin: number;
  /** The handle of the part file. */
  readonly #files: OpenFiles;
  #slots: Uint32Array = new Uint32Array();
  /** The file exists, and is valid. */
  #there = false;
  #written = false;
  #making: Done<void>[] | undefined;
  #last = 0;
  readonly #free: number[] = [];
  /** Slots that are being written, and are not in the table yet. */
  readonly #reserved = new Map<number, number>();

  constructor(root: string, path: string, shape: PartShape) {
    this.#path = path;
    this.#files = new OpenFiles(root, [path]);
    this.#shape = shape;
    this.#begin = Math.ceil((TABLE + 4 * shape.pieceCount) / PAGE) * PAGE;
  }

  has(piece: number): boolean {
    return (this.#slots[piece] ?? 0) > 0;
  }

  get pieces(): readonly number[] {
    const pieces: number[] = [];
    this.#slots.forEach((slot, piece) => slot > 0 && pieces.push(piece));
    return pieces;
  }

  /** Loads the table of an earlier run. Never errors. */
  load(done: () => void): void {
    this.#files.acquire(0, 'read', (_, open) => {
      if (!open) return done();
      this.#readTable(open.fd, (slots) => {
        this.#files.release(open);
        if (slots) this.#use(slots);
        done();
      });
    });
  }

  /** Reads a piece from byte `begin` on; calls back with the number of bytes. */
  read(piece: number, begin: number, into: Uint8Array, done: Done<number>): void {
    const slot = this.#slots[piece] ?? 0;
    if (slot === 0 || !this.#there) return done(null, 0);
    const span = { file: 0, padding: false, at: this.#at(slot) + begin, from: 0, length: into.length };
    this.#files.acquire(0, 'read', (denied, open) => {
      if (!open) return done(denied ?? null);
      readSpan(open.fd, into, span, 0, (error, count) => {
        this.#files.release(open);
        if (error) done(diskError('read', this.#path, error));
        else done(null, count);
      });
    });
  }

  /** Writes a piece from byte `begin` on: `length` bytes that begin at byte `from` of all `parts`. */
  write(
    piece: number,
    begin: number,
    parts: readonly Uint8Array[],
    from: number,
    length: number,
    done: Done<void>,
  ): void {
    this.#writable(done, (fd, written) => {
      const known = this.#slots[piece] ?? 0;
      const slot = known || this.#reserve(piece);
      writeSpan(fd, parts, { file: 0, padding: false, at: this.#at(slot) + begin, from, length }, 0, (error) => {
        if (error || known > 0) return written(error);
        this.#enter(fd, piece, slot, written);
      });
    });
  }

  /** Frees the slots of `pieces`; the file is deleted when no piece is left. */
  drop(pieces: readonly number[], done: Done<void>): void {
    const [piece, ...rest] = pieces.filter((each) => this.has(each));
    if (!this.#there) return done(null);
    if (piece === undefined) return this.pieces.length > 0 ? done(null) : this.#remove(done);
    const dropped: Done<void> = (error) => (error ? done(error) : this.drop(rest, done));
    this.#writable(dropped, (fd, written) => {
      this.#free.push(this.#slots[piece] as number);
      this.#enter(fd, piece, 0, written);
    });
  }

  sync(done: Done<void>): void {
    if (!this.#there || !this.#written) return done(null);
    this.#files.acquire(0, 'sync', (denied, open) => {
      if (!open) return done(denied ?? null);
      fs.fsync(open.fd, (error) => {
        this.#files.release(open);
        done(error && diskError('write', this.#path, error));
      });
    });
  }

  /** Closes the file; no operation may be pending any more. */
  close(done: () => void): void {
    this.#files.close(done);
  }

  #at(slot: number): number {
    return this.#begin + (slot - 1) * this.#shape.pieceLength;
  }

  #use(slots: Uint32Array): void {
    this.#there = true;
    this.#slots = slots;
    this.#last = slots.reduce((most, slot) => Math.max(most, slot), 0);
    // Those of a file that was deleted are no places of this one.
    this.#free.length = 0;
    this.#reserved.clear();
  }

  #reserve(piece: number): number {
    const slot = this.#reserved.get(piece) ?? this.#free.pop() ?? ++this.#last;
    this.#reserved.set(piece, slot);
    return slot;
  }

  #enter(fd: number, piece: number, slot: number, done: Done<void>): void {
    const entry = Buffer.alloc(4);
    entry.writeUInt32BE(slot);
    this.#slots[piece] = slot;
    this.#reserved.delete(piece);
    writeSpan(fd, [entry], { file: 0, padding: false, at: TABLE + 4 * piece, from: 0, length: 4 }, 0, (error) =>
      done(error),
    );
  }

  /** Opens the file for `use`; creates it if necessary. */
  #writable(done: Done<void>, use: (fd: number, written: Done<void>) => void): void {
    if (!this.#there) return this.#make((error) => (error ? done(error) : this.#writable(done, use)));
    this.#files.acquire(0, 'write', (denied, open) => {
      if (!open) return done(denied ?? null);
      this.#written = true;
      use(open.fd, (error) => {
        this.#files.release(open);
        done(error && diskError('write', this.#path, error));
      });
    });
  }

  /** Creates the file; an existing one is not ours, or damaged. */
  #make(done: Done<void>): void {
    if (this.#making) return void this.#making.push(done);
    const waiting = (this.#making = [done]);
    const ended = (error: Error | null): void => {
      this.#making = undefined;
      if (!error) this.#use(new Uint32Array(this.#shape.pieceCount));
      for (const wait of waiting) wait(error && diskError('write', this.#path, error));
    };
    this.#files.acquire(0, 'write', (denied, open) => {
      if (!open) return ended(denied ?? null);
      const made = (error: Error | null): void => {
        this.#files.release(open);
        ended(error);
      };
      fs.ftruncate(open.fd, 0, (uncut) => (uncut ? made(uncut) : fs.write(open.fd, this.#head(), 0, TABLE, 0, made)));
    });
  }

  #head(): Buffer {
    const head = Buffer.alloc(TABLE);
    head.set(MAGIC);
    head.set(this.#shape.infoHash, HASH);
    head.writeUInt32BE(this.#shape.pieceLength, COUNT);
    head.writeUInt32BE(this.#shape.pieceCount, COUNT + 4);
    return head;
  }

  #readTable(fd: number, done: (slots: Uint32Array | undefined) => void): void {
    const { pieceCount } = this.#shape;
    const bytes = Buffer.alloc(TABLE + 4 * pieceCount);
    readSpan(fd, bytes, { file: 0, padding: false, at: 0, from: 0, length: bytes.length }, 0, (error, count = 0) => {
      if (error || count < TABLE || !bytes.subarray(0, TABLE).equals(this.#head())) return done(undefined);
      // Entries that were never written are zeros, or beyond the end.
      const slots = new Uint32Array(pieceCount);
      const taken = new Set<number>();
      for (let piece = 0; piece < pieceCount; piece++) {
        const slot = bytes.readUInt32BE(TABLE + 4 * piece);
        if (slot > pieceCount || (slot > 0 && taken.has(slot))) return done(undefined);
        if (slot > 0) taken.add(slot);
        slots[piece] = slot;
      }
      done(slots);
    });
  }

  #remove(done: Done<void>): void {
    this.#there = false;
    this.#written = false;
    this.#files.forget(0);
    fs.unlink(this.#path, (error) =>
      done(error && error.code !== 'ENOENT' ? diskError('delete', this.#path, error) : null),
    );
  }

  check(): void {
    const slots = [...this.#slots.filter((slot) => slot > 0), ...this.#reserved.values(), ...this.#free];
    if (new Set(slots).size !== slots.length) throw new RangeError(`a slot is used twice: ${slots.join()}`);
    if (slots.some((slot) => slot < 1 || slot > this.#last)) throw new RangeError(`${slots.join()} of ${this.#last}`);
  }
}
