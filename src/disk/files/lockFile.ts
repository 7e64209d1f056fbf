import fs from 'node:fs';
import { StorageError } from '../../contracts/errors.ts';
import { bootId } from '../notes/boot.ts';
import { descriptors } from './descriptors.ts';
import { printable } from '../errors/diskError.ts';
import type { Done } from './insideFolder.ts';

/** Bytes of a lock file read; ours have about 100. */
const MAX_LOCK = 1024;
/** What a file system without symbolic links says to one. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);
/** Milliseconds in which a lock file without an owner may be one that is just being written. */
const BIRTH = 10_000;
/** Stale locks taken over in a row before we give up: somebody is playing with us. */
const MAX_TAKEOVERS = 3;

interface Owner {
  readonly pid: number;
  readonly boot: string;
  /** When the process started, in the kernel's ticks; '' where that is unknown. */
  readonly start: string;
}

/** Locks of this process. One that is being given back is waited for, so that a download can be restarted at once. */
const owners = new Map<string, LockFile>();

/**
 * Says which process writes here, as the target of a symbolic link that leads nowhere: unlike a file, a link is never
 * there without its content, whenever a process is killed. Where there are no links it is a file. A lock of a process
 * that is gone (its id unknown or of another process by now, or the machine restarted) is taken over. It does not help
 * between machines on one network disk.
 */
export class LockFile {
  readonly #path: string;
  readonly #waiting: (() => void)[] = [];
  #held = false;
  #releasing = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Errors with `locked`, or with what Node says when the file can't be made. */
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

  /** To be called as soon as it is known that the lock will be released. */
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
      // Without room for its content the file itself may have come to be.
      if (error.code !== 'EEXIST')
        return error.code === 'ENOSPC' ? fs.unlink(this.#path, () => done(error)) : done(error);
      this.#inspect(this.#path, (owner) => {
        if (owner !== undefined || takeovers === 0) return done(this.#locked(owner));
        this.#takeOver((taken) => (taken ? this.#create(takeovers - 1, done) : done(this.#locked(owner))));
      });
    });
  }

  /** Errors with `EEXIST` if there is one. */
  #write(owner: string, done: (error: NodeJS.ErrnoException | null) => void): void {
    fs.symlink(owner, this.#path, (error) => {
      if (!NO_LINKS.has(error?.code ?? '')) return done(error);
      descriptors.during<void>((ended) => fs.writeFile(this.#path, owner, { flag: 'wx' }, ended), done);
    });
  }

  /** Moves the stale lock away before it is deleted: what another process put in its place meanwhile goes back. */
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

  /** The process that holds the lock; 0 if it can't be told; undefined if nobody does. */
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

/** As `inspect` says it: a link that says something else is not ours. */
const holderOf = (owner: Owner | undefined): number | undefined =>
  owner === undefined ? 0 : alive(owner) ? owner.pid : undefined;

const alive = ({ pid, boot, start }: Owner): boolean => {
  if (boot !== bootId()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Process ids come back, in containers nearly always.
  const now = startOf(pid);
  return now !== ENDED && (start === '' || now === '' || start === now);
};

/** Killed, and its parent has not looked: in a container it may never. */
const ENDED = 'ended';

const startOf = (pid: number): string => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 3rd field and the 22nd; the second is a name in brackets that may hold spaces and brackets.
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
