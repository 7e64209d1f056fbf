import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { Hasher } from '../../torrent/pieces/pieceDrafts.ts';
import { BlockHasher } from './blockHasher.ts';

/** Bytes per read: few calls, and the bytes are still in the processor's cache when they are hashed. */
const STRIDE = 256 * 1024;

/** A part of the hashed data: bytes of a file, or zeros. */
export interface Part {
  /** An open file, or the path of a file that must not have changed. Absent for zeros. */
  readonly file?: number | KnownFile | undefined;
  readonly at: number;
  readonly length: number;
}

/** A file, and its state when it was found. */
export interface KnownFile {
  readonly path: string;
  readonly size: number;
  /** In milliseconds, with a fraction. */
  readonly mtime: number;
}

/** Parts that are hashed together. */
export type Reading = readonly Part[];

/** Parts of which blocks are hashed, too: version 2 counts nothing but the first `blocks` bytes (BEP 52). */
export interface TreeReading {
  readonly parts: Reading;
  readonly blocks: number;
  /** Is a digest of all parts wanted, too? */
  readonly digests: boolean;
}

/**
 * The SHA-1 digest, and the hashes of blocks if they were asked for; or the error and its place: `errno` is Node's
 * code, or `changed`, or `short`.
 */
export type Digested =
  | { readonly digest: Uint8Array; readonly blocks?: Uint8Array }
  | { readonly errno: string; readonly path: string };

/** An error with a code, like those of Node. */
class Unreadable extends Error {
  readonly code: string;

  constructor(code: 'changed' | 'short') {
    super(code);
    this.code = code;
  }
}

/** What is read and hashed for one digest. */
export type Digestible = Reading | TreeReading;

/**
 * Reads and hashes on the calling thread, which it blocks. It always uses the same buffer: the first access to fresh
 * memory costs more than hashing it. Consecutive parts of a file, whatever digest they are of, open it once.
 */
export const digester = (): ((digestibles: readonly Digestible[]) => readonly Digested[]) => {
  let buffer: Uint8Array | undefined;
  return (digestibles) => {
    const source = new Source((buffer ??= new Uint8Array(STRIDE)));
    try {
      return digestibles.map((one) =>
        'parts' in one ? treeOf(one, source) : digestOf(one, createHash('sha1'), source),
      );
    } finally {
      source.close();
    }
  };
};

const treeOf = (reading: TreeReading, source: Source): Digested => {
  const blocks = new BlockHasher(reading.blocks);
  const sha1 = reading.digests ? createHash('sha1') : undefined;
  const both = {
    update: (bytes: Uint8Array): void => {
      sha1?.update(bytes);
      blocks.update(bytes);
    },
    digest: (): Uint8Array => sha1?.digest() ?? new Uint8Array(),
  };
  const digested = digestOf(reading.parts, both, source);
  return 'digest' in digested ? { ...digested, blocks: blocks.digest() } : digested;
};

const digestOf = (reading: Reading, hash: Hasher, source: Source): Digested => {
  let path = '';
  try {
    for (const part of reading) {
      path = typeof part.file === 'object' ? part.file.path : '';
      source.read(part, hash);
    }
    return { digest: new Uint8Array(hash.digest()) };
  } catch (error) {
    return { errno: (error as NodeJS.ErrnoException).code ?? 'EIO', path };
  }
};

/** Reads parts into a buffer, and keeps the last file open until the next one. */
class Source {
  readonly #buffer: Uint8Array;
  #open: { readonly fd: number; readonly path: string } | undefined;

  constructor(buffer: Uint8Array) {
    this.#buffer = buffer;
  }

  read({ file, at, length }: Part, hash: Hasher): void {
    if (file === undefined) this.#zeros(length, hash);
    else this.#bytes(typeof file === 'number' ? file : this.#opened(file), at, length, hash);
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open) fs.closeSync(open.fd);
  }

  #opened(file: KnownFile): number {
    if (this.#open?.path === file.path) return this.#open.fd;
    this.close();
    // If a pipe has taken the place of the file, opening it would wait for ever.
    const fd = fs.openSync(file.path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    this.#open = { fd, path: file.path };
    if (!isChanged(fs.fstatSync(fd), file)) return fd;
    this.close();
    throw new Unreadable('changed');
  }

  #bytes(fd: number, at: number, length: number, hash: Hasher): void {
    const into = this.#buffer;
    for (let done = 0; done < length; ) {
      const count = fs.readSync(fd, into, 0, Math.min(into.length, length - done), at + done);
      if (count === 0) throw new Unreadable('short');
      hash.update(into.subarray(0, count));
      done += count;
    }
  }

  #zeros(length: number, hash: Hasher): void {
    const zeros = this.#buffer.fill(0);
    for (let left = length; left > 0; left -= zeros.length)
      hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
  }
}

/** Is it another file, or has it been modified? */
export const isChanged = (stat: fs.Stats, { size, mtime }: KnownFile): boolean =>
  !stat.isFile() || stat.size !== size || stat.mtimeMs !== mtime;
