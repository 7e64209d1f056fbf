import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { diskError } from '../../../src/disk/errors/diskError.ts';
import { errnoOf } from '../../../src/disk/errors/errno.ts';
import { fsyncSoftly, fsyncSoftlySync } from '../../../src/disk/files/softSync.ts';
import { StorageError } from '../../../src/contracts/errors.ts';
import { tempFolder } from '../torrents.ts';

const failed = (code: string, syscall = 'write'): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: words of Node, ${syscall}`), { code, syscall });

/** A disk with room for bytes, and for two files. */
const mount = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,nr_inodes=3', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what a disk answers is told in words', () => {
  it.each<[code: string, kind: StorageError['code'], words: string]>([
    ['EDQUOT', 'full', 'the disk quota is used up; free some space'],
    ['EACCES', 'denied', 'no permission; check its permissions, or choose another folder'],
    ['EPERM', 'denied', 'not permitted; check its permissions, or choose another folder'],
    ['EROFS', 'denied', 'the disk is read-only; choose another folder'],
    ['ELOOP', 'denied', 'a symbolic link is in the way; remove the link, or choose another folder'],
    ['ETXTBSY', 'denied', 'it is a program that is running; end it, or choose another folder'],
    ['ENOENT', 'missing', 'it is not there; check whether the disk is still attached'],
    ['ENOTDIR', 'missing', 'a file is where a folder should be; move it away, or choose another folder'],
    ['ENODEV', 'missing', 'the disk is gone; attach or mount it again'],
    ['ENXIO', 'missing', 'the disk is gone; attach or mount it again'],
    ['ESTALE', 'missing', 'the network disk no longer knows it; attach or mount it again'],
    ['ENOTCONN', 'missing', 'the disk is no longer connected; attach or mount it again'],
    ['ETIMEDOUT', 'missing', 'the network disk does not answer; check the network, then try again'],
    ['EHOSTDOWN', 'missing', 'the network disk does not answer; check the network, then try again'],
    ['EEXIST', 'io', 'a file is where a folder should be; move it away, or choose another folder'],
    ['EISDIR', 'io', 'a folder is where a file should be; move it away, or choose another folder'],
    ['ENAMETOOLONG', 'io', 'the path is too long; choose a folder with a shorter path'],
    ['EFBIG', 'io', 'the file is too large for this disk; choose a folder on another disk'],
    ['EBUSY', 'io', 'another program or the system is using it; close that program, then try again'],
    ['EIO', 'io', 'the disk failed (EIO); check the disk and its cable'],
    ['EBADMSG', 'io', 'the file system is damaged; check the disk (fsck)'],
    ['ENOTSUP', 'io', 'this disk has no such operation; choose a folder on another disk'],
    ['ENOSYS', 'io', 'this disk has no such operation; choose a folder on another disk'],
    ['ENOMEM', 'io', 'the system has no memory left; close some programs'],
    ['EMFILE', 'io', 'too many open files; raise the limit (ulimit -n)'],
    ['ENFILE', 'io', 'too many open files in the whole system; close some programs'],
    ['EINVAL', 'io', 'input/output error (EINVAL); check the disk'],
    ['EWHATEVER', 'io', 'input/output error (EWHATEVER); check the disk'],
    ['__proto__', 'io', 'input/output error (__proto__); check the disk'],
  ])('%s', (code, kind, words) => {
    const error = failed(code);
    const told = diskError('write', '/a\nb/c', error);
    expect(told).toMatchObject({ name: 'StorageError', code: kind, cause: error });
    expect(told.message).toBe(`can't write /a?b/c: ${words}`);
  });

  it('a name that is invalid is one that this disk can not have, as FAT has no colon', () => {
    for (const call of ['open', 'mkdir', 'rename'])
      expect(diskError('create', '/fat/a:b', failed('EINVAL', call)).message).toBe(
        "can't create /fat/a:b: this disk can have no file of such a name; choose a folder on another disk",
      );
  });

  it('what is no system error is not hidden', () => {
    expect(diskError('read', 'x', undefined).message).toBe(
      "can't read x: input/output error (unknown error); check the disk",
    );
    const known = new StorageError('locked', 'as it was');
    expect(diskError('read', 'x', known)).toBe(known);
  });

  it('a number that Node has no name for has its name', () => {
    const { EDQUOT, ESTALE } = os.constants.errno;
    for (const [name, number] of Object.entries({ EDQUOT, ESTALE })) {
      expect(errnoOf(failed(`Unknown system error -${number}`))).toBe(name);
      // As threads say it, by the code alone.
      expect(errnoOf({ code: `Unknown system error -${number}` })).toBe(name);
    }
    expect(diskError('write', 'x', failed(`Unknown system error -${EDQUOT}`)).code).toBe('full');
    expect(errnoOf(failed('Unknown system error -99999'))).toBe('Unknown system error -99999');
    for (const nothing of [undefined, null, 'ENOSPC', new Error('ENOSPC'), { code: 28 }])
      expect(errnoOf(nothing)).toBe('');
  });
});

describe('a disk without inodes is full', () => {
  const answer = (files: number, ffree: number, bavail: number) => () => ({ files, ffree, bavail });

  it.each([
    [answer(1000, 0, 5000), 'the disk has no inodes left for more files; delete some files'],
    [answer(1000, 5, 0), 'the disk is full; free some space'],
    [answer(1000, 0, 0), 'the disk is full; free some space'],
    // Disks that do not count them.
    [answer(0, 0, 5000), 'the disk is full; free some space'],
    [
      () => {
        throw failed('ENOENT', 'statfs');
      },
      'the disk is full; free some space',
    ],
  ])('by what it says of itself: %#', (statfs, words) => {
    const told = diskError('create', '/d/x', failed('ENOSPC', 'open'), statfs);
    expect(told.code).toBe('full');
    expect(told.message).toBe(`can't create /d/x: ${words}`);
  });

  it('asks where the file would have been, as it is not there itself', () => {
    const asked: string[] = [];
    const statfs = (at: string) => {
      asked.push(at);
      if (at !== '/d') throw failed('ENOENT', 'statfs');
      return { files: 10, ffree: 0, bavail: 10 };
    };
    expect(diskError('create', '/d/new/x', failed('ENOSPC', 'open'), statfs).message).toContain('no inodes');
    expect(asked).toEqual(['/d/new/x', '/d/new', '/d']);
  });

  it('on a real one, where mounting is allowed', () => {
    const folder = tempFolder();
    const mounted = mount(folder);
    try {
      const create = (): void => {
        for (let n = 0; n < 9; n++) fs.writeFileSync(path.join(folder, String(n)), 'x');
      };
      if (mounted) expect(create).toThrow('ENOSPC');
      const error = failed('ENOSPC', 'open');
      const place = path.join(folder, '9');
      const told = mounted ? diskError('create', place, error) : diskError('create', place, error, answer(3, 0, 1000));
      expect(told).toMatchObject({ code: 'full', message: expect.stringContaining('no inodes left') as string });
    } finally {
      if (mounted) execFileSync('umount', ['-l', folder]);
    }
  });
});

describe('a disk that has no fsync', () => {
  const asIf = (code: string | undefined): void => {
    vi.spyOn(fs, 'fsync').mockImplementation((_fd, done) => done(code === undefined ? null : failed(code, 'fsync')));
    vi.spyOn(fs, 'fsyncSync').mockImplementation(() => {
      if (code !== undefined) throw failed(code, 'fsync');
    });
  };

  it.each(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', `Unknown system error -${os.constants.errno.EOPNOTSUPP}`])(
    'is as good as synced: %s',
    (code) => {
      asIf(code);
      const done = vi.fn();
      fsyncSoftly(1, done);
      expect(done.mock.calls).toEqual([[null]]);
      expect(() => fsyncSoftlySync(1)).not.toThrow();
    },
  );

  it.each(['EIO', 'ENOSPC', 'EDQUOT', 'EBADF', 'ESTALE'])('but one that fails is not: %s', (code) => {
    asIf(code);
    const done = vi.fn();
    fsyncSoftly(1, done);
    expect(done.mock.calls).toEqual([[expect.objectContaining({ code })]]);
    expect(() => fsyncSoftlySync(1)).toThrow(code);
  });

  it('a file on an ordinary disk is synced', () => {
    const fd = fs.openSync(path.join(tempFolder(), 'x'), 'w');
    const sync = vi.spyOn(fs, 'fsyncSync');
    try {
      fsyncSoftlySync(fd);
    } finally {
      fs.closeSync(fd);
    }
    expect(sync).toHaveBeenCalledWith(fd);
  });
});
