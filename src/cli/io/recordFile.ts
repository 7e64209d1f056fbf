import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { diskError } from '../../disk/errors/diskError.ts';
import type { RecordingSink } from '../../recording/timeline.ts';
import { mayWrite } from '../input/newFile.ts';
import { visible } from './text.ts';

/** Where part `nth` of a recording is. */
export const partOf = (path: string, nth: number): string => (nth === 0 ? path : `${path}.${nth}`);

/** The numbers of the parts of a recording that are there, in their order. */
export const partsAt = (path: string): readonly number[] => {
  const name = basename(path);
  let names: readonly string[] = [];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return [];
  }
  const ends = names.filter((each) => each.startsWith(name)).map((each) => each.slice(name.length));
  const numbers = ends.map((end) => (end === '' ? 0 : /^\.[1-9]\d{0,8}$/.test(end) ? Number(end.slice(1)) : -1));
  return numbers.filter((nth) => nth >= 0).sort((a, b) => a - b);
};

/** Files of one recording. The newest is written to; the oldest are removed when all take more than `limit` bytes. */
class Parts {
  readonly #path: string;
  readonly #limit: number;
  readonly #sizes: number[] = [];
  #first = 0;
  #fd: number | undefined;

  constructor(path: string, limit: number) {
    this.#path = path;
    this.#limit = limit;
  }

  get newest(): string {
    return partOf(this.#path, this.#first + Math.max(0, this.#sizes.length - 1));
  }

  begin(replace: boolean): void {
    this.close();
    this.#sizes.push(0);
    this.#fd = openSync(this.newest, replace ? 'w' : 'wx', 0o600);
  }

  write(bytes: Uint8Array): void {
    if (this.#fd === undefined) return;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#sizes[this.#sizes.length - 1] = (this.#sizes.at(-1) ?? 0) + bytes.length;
    const total = (): number => this.#sizes.reduce((sum, size) => sum + size, 0);
    while (this.#sizes.length > 1 && total() > this.#limit) {
      rmSync(partOf(this.#path, this.#first++), { force: true });
      this.#sizes.shift();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

export interface RecordFileOptions {
  /** Replaces files that are there. */
  readonly force: boolean;
  /** Bytes of all parts: what is older is dropped. */
  readonly limit?: number | undefined;
  readonly say: (line: string) => void;
}

/**
 * Appends recorded events to `path` at once, so that a killed program leaves a recording. Compressed if the name ends
 * in .gz. Each part of the recording is a file of its own. If the disk fails the recording ends, `say` is told, and the
 * download goes on. @throws InputError, StorageError
 */
export const recordFile = (path: string, { force, limit = Infinity, say }: RecordFileOptions): RecordingSink => {
  for (const nth of partsAt(path)) mayWrite(partOf(path, nth), force);
  mayWrite(path, force);
  const parts = new Parts(path, limit);
  try {
    for (const nth of partsAt(path)) if (nth > 0) rmSync(partOf(path, nth), { force: true });
    parts.begin(force);
  } catch (error) {
    throw diskError('write', path, error);
  }
  const packed = (bytes: Uint8Array): Uint8Array =>
    path.endsWith('.gz') ? gzipSync(bytes, { level: constants.Z_BEST_SPEED }) : bytes;
  let [begun, failed] = [false, false];
  return (bytes, begins) => {
    if (failed) return;
    try {
      if (begins && begun) parts.begin(true);
      begun = true;
      parts.write(packed(bytes));
    } catch (error) {
      failed = true;
      parts.close();
      say(`the recording ends here: ${visible(diskError('write', parts.newest, error).message)}`);
    }
  };
};
