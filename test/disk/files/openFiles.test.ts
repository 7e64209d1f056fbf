import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Descriptors, MAX_TRIES } from '../../../src/disk/files/descriptors.ts';
import { OpenFiles, type OpenFile } from '../../../src/disk/files/openFiles.ts';
import type { Access } from '../../../src/disk/files/insideFolder.ts';
import { eventually } from '../opened.ts';
import { tempFolder } from '../torrents.ts';

const setUp = (limit: number, descriptors?: Descriptors) => {
  const folder = tempFolder();
  const paths = Array.from({ length: 10 }, (_, n) => path.join(folder, `${n}`));
  const pool = new OpenFiles(folder, paths, limit, descriptors);
  const acquire = async (file: number, access: Access = 'write'): Promise<OpenFile> => {
    const open = await new Promise<OpenFile>((resolve, reject) =>
      pool.acquire(file, access, (error, opened) =>
        opened ? resolve(opened) : reject(error ?? new Error('neither handle nor error')),
      ),
    );
    pool.check();
    descriptors?.check();
    return open;
  };
  const isOpen = ({ fd, file }: OpenFile): boolean => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === paths[file];
    } catch {
      return false;
    }
  };
  return { pool, acquire, isOpen, close: () => new Promise<void>((resolve) => pool.close(resolve)) };
};
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('OpenFiles', () => {
  it('keeps handles, and closes the least recently used for another', async () => {
    const { pool, acquire, isOpen, close } = setUp(2);
    const [a, b] = [await acquire(0), await acquire(1)];
    pool.release(a);
    pool.release(b);
    expect(await acquire(0)).toBe(a);
    pool.release(a);
    const c = await acquire(2);
    await eventually(() => !isOpen(b));
    expect([a, c].map(isOpen)).toEqual([true, true]);
    pool.release(c);
    await close();
    expect([a, c].map(isOpen)).toEqual([false, false]);
  });

  it('waits when everything is in use, and goes on at the next release', async () => {
    const { pool, acquire, isOpen, close } = setUp(1);
    const a = await acquire(0);
    const [b, c] = [acquire(1), acquire(2)];
    await soon();
    expect(pool.size).toBe(1);
    expect(isOpen(a)).toBe(true);
    pool.release(a);
    pool.release(await b);
    pool.release(await c);
    expect(pool.size).toBe(1);
    await close();
  });

  it('shares descriptors with other torrents: what one has not used for longest is closed for another', async () => {
    const descriptors = new Descriptors(2);
    const [one, other] = [setUp(5, descriptors), setUp(5, descriptors)];
    const [a, b] = [await one.acquire(0), await one.acquire(1)];
    const waiting = other.acquire(0);
    await soon();
    expect([one.pool.size, other.pool.size, descriptors.held]).toEqual([2, 0, 2]);
    one.pool.release(b);
    const c = await waiting;
    expect([a, b].map(one.isOpen)).toEqual([true, false]);
    one.pool.release(a);
    other.pool.release(c);
    other.pool.release(await other.acquire(1));
    expect([one.pool.size, other.pool.size, descriptors.held]).toEqual([0, 2, 2]);
    await other.close();
    expect(descriptors.held).toBe(0);
    await one.close();
  });

  it('closes what nobody uses for half a minute, and opens it again when it is needed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const descriptors = new Descriptors(5);
    const { pool, acquire, close } = setUp(5, descriptors);
    const [a, b] = [await acquire(0), await acquire(1)];
    pool.release(a);
    vi.advanceTimersByTime(29_999);
    pool.release(b);
    expect(pool.size).toBe(2);
    vi.advanceTimersByTime(1);
    expect(pool.size).toBe(1);
    vi.advanceTimersByTime(29_999);
    expect(pool.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    pool.release(await acquire(0));
    await close();
    expect(descriptors.held).toBe(0);
  });

  it('goes on with those that wait when a file can not be opened', async () => {
    const { pool, acquire, close } = setUp(1);
    const [missing, b] = [acquire(0, 'read'), acquire(1)];
    await expect(missing).rejects.toMatchObject({ name: 'StorageError', code: 'missing' });
    pool.release(await b);
    await close();
  });

  it('opens a file once, however many ask for it', async () => {
    const { pool, acquire, close } = setUp(5);
    const all = await Promise.all(Array.from({ length: 20 }, () => acquire(3)));
    expect(new Set(all).size).toBe(1);
    expect(all[0]?.users).toBe(20);
    for (const open of all) pool.release(open);
    await close();
  });

  it('replaces a handle for reading by one for writing, and closes the old one with its last user', async () => {
    const { pool, acquire, isOpen, close } = setUp(5);
    pool.release(await acquire(0));
    await close();
    const reading = await acquire(0, 'read');
    const writing = await acquire(0, 'write');
    expect([reading, writing].map(isOpen)).toEqual([true, true]);
    pool.release(reading);
    await soon();
    expect([pool.size, isOpen(reading), isOpen(writing)]).toEqual([1, false, true]);
    expect(await acquire(0, 'read')).toBe(writing);
    pool.release(writing);
    pool.release(writing);
    await close();
  });

  it('gives up when there are no descriptors for long, and says what to raise', async () => {
    const { pool, close } = setUp(5);
    const { open } = fs;
    const { setTimeout: later } = globalThis;
    let tries = 0;
    fs.open = ((...args: unknown[]) => {
      tries++;
      (args.at(-1) as (error: Error) => void)(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }));
    }) as typeof fs.open;
    globalThis.setTimeout = ((run: () => void) => later(run, 0)) as typeof setTimeout;
    try {
      const error = await new Promise((resolve) => pool.acquire(0, 'write', resolve));
      expect(error).toMatchObject({ name: 'StorageError', code: 'io', message: expect.stringContaining('ulimit -n') });
    } finally {
      fs.open = open;
      globalThis.setTimeout = later;
    }
    expect(tries).toBe(MAX_TRIES);
    await close();
  });

  it('remembers once what the disk said when a file was closed', async () => {
    const { pool, acquire } = setUp(1);
    pool.release(await acquire(0));
    const { close } = fs;
    fs.close = ((fd: number, done: (error: Error | null) => void) =>
      close(fd, () => done(Object.assign(new Error('EDQUOT'), { code: 'EDQUOT' })))) as typeof close;
    pool.release(await acquire(1));
    await soon();
    fs.close = close;
    expect(pool.takeFailure()).toMatchObject({ code: 'full' });
    expect(pool.takeFailure()).toBeUndefined();
  });
});
