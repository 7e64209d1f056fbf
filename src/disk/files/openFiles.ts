import { descriptors as shared, type Descriptors, type Idle } from './descriptors.ts';
import { openInside, type Access } from './insideFolder.ts';
import { diskError } from '../errors/diskError.ts';

/** Maximum number of files of one torrent that are open at the same time. */
export const MAX_OPEN_FILES = 128;

/** An open file. Its user returns it by `release`. */
export interface OpenFile extends Idle {
  readonly file: number;
  readonly fd: number;
  readonly writable: boolean;
  users: number;
  /** Replaced by a writable handle: this one is closed after its last use. */
  retired: boolean;
}

type Use = (error: Error | undefined, open: OpenFile | undefined) => void;

/**
 * The handles of one torrent's files. They are opened when needed; the least recently used one is closed for others, of
 * this torrent or another. Invariants: at most `limit` are open or being opened, not counting retired ones that are
 * still in use; a file in use is never closed.
 */
export class OpenFiles {
  readonly #rootOf: (file: number) => string;
  readonly #paths: readonly string[];
  readonly #limit: number;
  readonly #descriptors: Descriptors;
  /** Handles in order of their last use, the longest unused first. */
  readonly #open = new Map<number, OpenFile>();
  /** The most recently used one. */
  #newest: OpenFile | undefined;
  /** Files that are being opened, with the callbacks that wait for them. */
  readonly #opening = new Map<number, (() => void)[]>();
  /** Callbacks that wait for a free place. Their number is bounded by the pending operations. */
  readonly #waiting: (() => void)[] = [];
  #closing = 0;
  #whenClosed: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(
    root: string | ((file: number) => string),
    paths: readonly string[],
    limit: number = MAX_OPEN_FILES,
    descriptors: Descriptors = shared,
  ) {
    this.#descriptors = descriptors;
    this.#rootOf = typeof root === 'string' ? () => root : root;
    this.#paths = paths;
    this.#limit = limit;
  }

  /** Number of open handles, for tests. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Returns an error of closing a file, once: some disks report only then that they could not keep what was written.
   */
  takeFailure(): Error | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  acquire(file: number, access: Access, use: Use): void {
    const open = this.#open.get(file);
    if (open && (open.writable || access === 'read')) {
      if (open !== this.#newest) {
        this.#open.delete(file);
        this.#open.set(file, open);
        this.#newest = open;
      }
      if (open.users++ === 0) this.#descriptors.rouse(open);
      return use(undefined, open);
    }
    const again = (): void => this.acquire(file, access, use);
    const opening = this.#opening.get(file);
    if (opening) return void opening.push(again);
    if (!open && this.#open.size + this.#opening.size >= this.#limit && !this.#evict())
      return void this.#waiting.push(again);
    this.#opening.set(file, []);
    this.#openFile(file, access, use);
  }

  release(open: OpenFile): void {
    open.users--;
    if (open.users > 0) return;
    if (open.retired) return this.#close(open);
    this.#descriptors.rest(open);
    this.#waiting.shift()?.();
  }

  /** The file under this name is no longer the right one: the handle is closed after its last use. */
  forget(file: number): void {
    const open = this.#open.get(file);
    if (!open) return;
    this.#open.delete(file);
    open.retired = true;
    if (open.users === 0) this.#close(open);
  }

  /** Closes all files; none may be used any more. */
  close(done: () => void): void {
    for (const open of this.#open.values()) this.#close(open);
    this.#open.clear();
    if (this.#closing === 0) done();
    else this.#whenClosed = done;
  }

  #openFile(file: number, access: Access, use: Use): void {
    const path = this.#paths[file] as string;
    openInside(
      this.#rootOf(file),
      path,
      access,
      (error, fd) => {
        if (!error) return this.#opened(file, fd as number, access, use);
        this.#done(file);
        use(diskError(access === 'read' ? 'read' : 'write', path, error), undefined);
        this.#waiting.shift()?.();
      },
      this.#descriptors,
    );
  }

  #opened(file: number, fd: number, access: Access, use: Use): void {
    const open: OpenFile = {
      file,
      fd,
      writable: access !== 'read',
      users: 1,
      retired: false,
      close: () => this.#drop(open),
    };
    this.forget(file);
    this.#open.set(open.file, open);
    this.#newest = open;
    use(undefined, open);
    this.#done(open.file);
  }

  #done(file: number): void {
    const waiting = this.#opening.get(file);
    this.#opening.delete(file);
    waiting?.forEach((again) => again());
  }

  #evict(): boolean {
    for (const open of this.#open.values()) {
      if (open.users > 0) continue;
      this.#open.delete(open.file);
      this.#close(open);
      return true;
    }
    return false;
  }

  /** Closes a file whose descriptor is needed, or that has long been unused. */
  #drop(open: OpenFile): void {
    if (this.#open.get(open.file) === open) this.#open.delete(open.file);
    this.#close(open);
  }

  #close(open: OpenFile): void {
    this.#closing++;
    this.#descriptors.rouse(open);
    this.#descriptors.close(open.fd, (error) => {
      if (error) this.#failure ??= diskError('close', this.#paths[open.file] as string, error);
      this.#closing--;
      if (this.#closing === 0) this.#whenClosed?.();
    });
  }

  check(): void {
    const files = new Set([...this.#open.keys(), ...this.#opening.keys()]);
    if (files.size > this.#limit) throw new RangeError(`${files.size} files are open, of ${this.#limit}`);
    for (const [file, open] of this.#open)
      if (open.file !== file || open.users < 0 || open.retired)
        throw new RangeError(`file ${file} is open as ${open.file}, with ${open.users} users`);
  }
}
