import fs from 'node:fs';
import { diskError } from './diskError.ts';
import { type Done, openInside } from './insideFolder.ts';
import { readSpan, writeSpan } from './moveSpan.ts';

/** What a part file is of. */
export interface PartShape {
  readonly infoHash: Uint8Array;
  readonly pieceLength: number;
  readonly pieceCount: number;
}

const MAGIC = new TextEncoder().encode('rxtorrent parts1');
const HASH = MAGIC.length;
const COUNT = HASH + 20;
const TABLE = COUNT + 8;
/** Where the first slot begins is a multiple of it. */
const PAGE = 4096;

/**
 * Whole pieces that touch a file that is not wanted, kept apart from the files. In a table each piece has the number of
 * the slot that it lies in, or 0; a number is written after what it stands for. What is found in a slot is never
 * trusted: whoever reads it checks the hash. A damaged file counts as an empty one.
 * Invariant: no two pieces have one slot, and the file has as many slots as the highest number.
 */
export class PartFile {
  readonly #root: string;
  readonly #path: string;
  readonly #shape: PartShape;
  readonly #begin: number;
  #slots: Uint32Array = new Uint32Array();
  #fd: number | undefined;
  /** All that were opened: a read may still be under way in one that was opened before. */
  readonly #opened: number[] = [];
  #writable = false;
  #opening: Done<void>[] | undefined;
  #last = 0;
  readonly #free: number[] = [];
  /** Slots that are being written, and not yet in the table. */
  readonly #reserved = new Map<number, number>();

  constructor(root: string, path: string, shape: PartShape) {
    this.#root = root;
    this.#path = path;
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

  /** Looks what is there from earlier runs. Never errors. */
  load(done: () => void): void {
    openInside(this.#root, this.#path, 'read', (error, fd) => {
      if (error || fd === undefined) return done();
      this.#opened.push(fd);
      this.#readTable(fd, (slots) => {
        if (slots) this.#use(slots, fd);
        done();
      });
    });
  }

  /** Reads from byte `begin` of a piece on; calls back with the number of bytes. */
  read(piece: number, begin: number, into: Uint8Array, done: Done<number>): void {
    const slot = this.#slots[piece] ?? 0;
    if (slot === 0 || this.#fd === undefined) return done(null, 0);
    const span = { file: 0, padding: false, at: this.#at(slot) + begin, from: 0, length: into.length };
    readSpan(this.#fd, into, span, 0, (error, count) => (error ? done(diskError('read', this.#path, error)) : done(null, count)));
  }

  /** Writes `length` bytes, which begin `from` bytes into all `parts`, from byte `begin` of a piece on. */
  write(piece: number, begin: number, parts: readonly Uint8Array[], from: number, length: number, done: Done<void>): void {
    this.#openToWrite((denied) => {
      const fd = this.#fd;
      if (denied || fd === undefined) return done(denied);
      const known = this.#slots[piece] ?? 0;
      const slot = known || this.#reserve(piece);
      writeSpan(fd, parts, { file: 0, padding: false, at: this.#at(slot) + begin, from, length }, 0, (error) => {
        if (error || known > 0) return done(error && diskError('write', this.#path, error));
        this.#enter(piece, slot, done);
      });
    });
  }

  /** Gives up the slots of `pieces`; without any piece the file goes, too. */
  drop(pieces: readonly number[], done: Done<void>): void {
    const [piece, ...rest] = pieces.filter((each) => this.has(each));
    if (this.#fd === undefined) return done(null);
    if (piece === undefined) return this.pieces.length > 0 ? done(null) : this.#remove(done);
    this.#openToWrite((denied) => {
      if (denied) return done(denied);
      this.#free.push(this.#slots[piece] as number);
      this.#enter(piece, 0, (error) => (error ? done(error) : this.drop(rest, done)));
    });
  }

  sync(done: Done<void>): void {
    if (this.#fd === undefined || !this.#writable) return done(null);
    fs.fsync(this.#fd, (error) => done(error && diskError('write', this.#path, error)));
  }

  /** Nothing may be under way any more. */
  close(done: () => void): void {
    const fd = this.#opened.pop();
    this.#fd = undefined;
    if (fd === undefined) return done();
    fs.close(fd, () => this.close(done));
  }

  #at(slot: number): number {
    return this.#begin + (slot - 1) * this.#shape.pieceLength;
  }

  #use(slots: Uint32Array, fd: number): void {
    this.#fd = fd;
    this.#slots = slots;
    this.#last = slots.reduce((most, slot) => Math.max(most, slot), 0);
  }

  #reserve(piece: number): number {
    const slot = this.#reserved.get(piece) ?? this.#free.pop() ?? ++this.#last;
    this.#reserved.set(piece, slot);
    return slot;
  }

  #enter(piece: number, slot: number, done: Done<void>): void {
    const entry = Buffer.alloc(4);
    entry.writeUInt32BE(slot);
    this.#slots[piece] = slot;
    this.#reserved.delete(piece);
    writeSpan(this.#fd as number, [entry], { file: 0, padding: false, at: TABLE + 4 * piece, from: 0, length: 4 }, 0, (error) =>
      done(error && diskError('write', this.#path, error)),
    );
  }

  #openToWrite(done: Done<void>): void {
    if (this.#writable) return done(null);
    if (this.#opening) return void this.#opening.push(done);
    const waiting = (this.#opening = [done]);
    const ended = (error: Error | null): void => {
      this.#opening = undefined;
      for (const wait of waiting) wait(error && diskError('write', this.#path, error));
    };
    openInside(this.#root, this.#path, 'write', (denied, fd) => {
      if (denied || fd === undefined) return ended(denied);
      this.#opened.push(fd);
      this.#writable = true;
      if (this.#fd !== undefined) {
        this.#fd = fd;
        return ended(null);
      }
      this.#use(new Uint32Array(this.#shape.pieceCount), fd);
      // What was there was none of ours, or damaged.
      fs.ftruncate(fd, 0, (uncut) => (uncut ? ended(uncut) : fs.write(fd, this.#head(), 0, TABLE, 0, (error) => ended(error))));
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
      // What was never written is zeros, or behind the end.
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
    this.#fd = undefined;
    this.#writable = false;
    fs.unlink(this.#path, (error) => done(error && error.code !== 'ENOENT' ? diskError('delete', this.#path, error) : null));
  }
}
