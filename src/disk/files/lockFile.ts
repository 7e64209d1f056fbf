import fs from 'node:fs';
import { StorageError } from '../../contracts/errors.ts';
import { bootId } from '../notes/boot.ts';
import { descriptors } from './descriptors.ts';
import { printable } from '../errors/diskError.ts';
import type { Done } from './insideFolder.ts';

/** Maximum number of bytes read from a lock file; ours have about 100. */
const MAX_LOCK = 1024;
/** Errors of file systems that have no symbolic links. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);
/** Milliseconds for which a lock file without an owner may be one that is still being written. */
const BIRTH = 10_000;
/** Maximum number of stale locks that are taken over in a row: with more of them something is wrong. */
const MAX_TAKEOVERS = 3;

interface Owner {
  readonly pid: number;
  readonly boot: string;
  /** When the process started, in the kernel's ticks; '' where that is unknown. */
  readonly start: string;
}

/**
 * The locks of this process. A lock that is being released is waited for, so that a download can be restarted
 * immediately.
 */
const owners = new Map<string, LockFile>();

/**
 * Tells which process writes here, as the target of a dangling symbolic link: unlike a file, a link never exists
 * without its content, even if the process is killed. Where there are no symbolic links it is a file. The lock of a
 * process that has ended (its id is unknown or belongs to another process now, or the machine was restarted) is taken
 * over. The lock does not work between machines that share a network disk.
 */
export class LockFile {
  readonly #path: string;
  readonly #waiting: (() => void)[] = [];
  #held = false;
  #releasing = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Errors with `locked`, or with Node's error if the lock cannot be made. */
  take(done: Done<void>): void {
    if (this.#held) return done(null);
    const other = owners.get(this.#path);
    if (other && other.#releasing) return void other.#waiting.push(() => this.take(done));
    if (other) return done(this.#locked(process.pid));
    owners.set(this.#path, this);
    this.#create(MAX_TAKEOVERS, (error) => {
      if (error) this.#forget();
      else this.#held = true;
      done(error);
    });
  }

  /** Must be called as soon as it is known that the lock will be released. */
  releasing(): void {
    this.#releasing = true;
  }

  release(done: () => void): void {
    if (!this.#held) return done();
    this.#held = false;
    fs.unlink(this.#path, () => {
      this.#forget();
      done();
    });
  }

  #forget(): void {
    owners.delete(this.#path);
    for (const again of this.#waiting.splice(0)) again();
  }

  #create(takeovers: number, done: Done<void>): void {
    this.#write(JSON.stringify(ourselves()), (error) => {
      if (!error) return done(null);
      // If the disk is full, the file may have been created without its content.
      if (error.code !== 'EEXIST')
        return error.code === 'ENOSPC' ? fs.unlink(this.#path, () => done(error)) : done(error);
      this.#inspect(this.#path, (owner) => {
        if (owner !== undefined || takeovers === 0) return done(this.#locked(owner));
        this.#takeOver((taken) => (taken ? this.#create(takeovers - 1, done) : done(this.#locked(owner))));
      });
    });
  }

  /** Errors with `EEXIST` if there is a lock. */
  #write(owner: string, done: (error: NodeJS.ErrnoException | null) => void): void {
    fs.symlink(owner, this.#path, (error) => {
      if (!NO_LINKS.has(error?.code ?? '')) return done(error);
      descriptors.during<void>((ended) => fs.writeFile(this.#path, owner, { flag: 'wx' }, ended), done);
    });
  }

  /**
   * Moves the stale lock away before it is deleted: a lock that another process has put in its place in the meantime is
   * moved back.
   */
  #takeOver(done: (taken: boolean) => void): void {
    const aside = `${this.#path}.${process.pid}`;
    fs.rename(this.#path, aside, (error) => {
      if (error) return done(error.code === 'ENOENT');
      this.#inspect(aside, (owner) => {
        const away = (): void => fs.unlink(aside, () => done(owner === undefined));
        if (owner === undefined) away();
        else fs.link(aside, this.#path, away);
      });
    });
  }

  /** The process that holds the lock; 0 if it is unknown; undefined if no process does. */
  #inspect(path: string, done: (owner: number | undefined) => void): void {
    fs.lstat(path, (error, stat) => {
      if (error) return done(error.code === 'ENOENT' ? undefined : 0);
      if (stat.isSymbolicLink()) return this.#inspectLink(path, done);
      if (!stat.isFile()) return done(0);
      if (stat.size > MAX_LOCK) return done(undefined);
      const read = (ended: (error: NodeJS.ErrnoException | null, text?: string) => void): void =>
        fs.readFile(path, 'utf8', ended);
      descriptors.during<string>(read, (unread, text = '') => {
        if (unread) return done(unread.code === 'ENOENT' ? undefined : 0);
        const owner = parse(text);
        if (owner) return done(holderOf(owner));
        done(Math.abs(Date.now() - stat.mtimeMs) < BIRTH ? 0 : undefined);
      });
    });
  }

  #inspectLink(path: string, done: (owner: number | undefined) => void): void {
    fs.readlink(path, (error, target = '') => done(error?.code === 'ENOENT' ? undefined : holderOf(parse(target))));
  }

  #locked(pid: number | undefined): StorageError {
    const who = pid === process.pid ? 'another download of this process' : pid ? `process ${pid}` : 'another process';
    return new StorageError(
      'locked',
      `${who} is writing here already (${printable(this.#path)}); stop it, or choose another folder`,
    );
  }
}

const ourselves = (): Owner => ({ pid: process.pid, boot: bootId(), start: startOf(process.pid) });

/** The holder as `inspect` reports it. A link with other content is not ours. */
const holderOf = (owner: Owner | undefined): number | undefined =>
  owner === undefined ? 0 : alive(owner) ? owner.pid : undefined;

const alive = ({ pid, boot, start }: Owner): boolean => {
  if (boot !== bootId()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Process ids are reused, in containers nearly always.
  const now = startOf(pid);
  return now !== ENDED && (start === '' || now === '' || start === now);
};

/** The process was killed, but its parent has not collected its status, and in a container may never do so. */
const ENDED = 'ended';

const startOf = (pid: number): string => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 3rd and the 22nd field. The second one is a name in brackets that may contain spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /[ZX]/.test(fields[0] ?? '') ? ENDED : (fields[19] ?? '');
  } catch {
    return '';
  }
};

const parse = (text: string): Owner | undefined => {
  try {
    const { pid, boot, start } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>;
    return typeof pid === 'number' &&
      Number.isSafeInteger(pid) &&
      pid > 0 &&
      typeof boot === 'string' &&
      typeof start === 'string'
      ? { pid, boot, start }
      : undefined;
  } catch {
    return undefined;
  }
};
