import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bootId } from '../../src/disk/notes/boot.ts';
import { openStorage } from '../../src/disk/files/fileStorage.ts';
import { ended, errorOf, eventually, withStorage } from '../disk/opened.ts';
import { bytesOf, tempFolder, torrentOf } from '../disk/torrents.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

describe('two on one folder', () => {
  const lock = (folder: string): string => path.join(folder, '.name.rxtorrent.lock');
  const hasLock = (folder: string): boolean => fs.lstatSync(lock(folder), { throwIfNoEntry: false }) !== undefined;
  /** A lock is a link, or a file where there are no links. */
  const lies = {
    link: (folder: string, content: string) => fs.symlinkSync(content, lock(folder)),
    file: (folder: string, content: string) => fs.writeFileSync(lock(folder), content),
  };
  const forms = Object.keys(lies) as (keyof typeof lies)[];
  const opens = async (folder: string): Promise<unknown> =>
    withStorage(torrentOf(), { folder }, async (storage) => void (await ended(storage.write(0, bytesOf(10))))).catch(
      (error: unknown) => error,
    );
  const startOf = (pid: number): string =>
    fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19] as string;

  it('the second of this process is refused, of any torrent with the same name, until the first is gone', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf(), { folder }, async () => {
      expect(await errorOf(openStorage(torrentOf({ seed: 2 }), { folder }))).toMatchObject({
        name: 'StorageError',
        code: 'locked',
      });
    });
    // At once: while the first is still closing.
    expect(await opens(folder)).toBeUndefined();
    await eventually(() => !hasLock(folder));
  });

  it.each(forms)('the second of another process that lives is refused, and the message names it (%s)', async (form) => {
    const folder = tempFolder();
    const child = spawn('sleep', ['60']);
    undos.push(() => child.kill('SIGKILL'));
    const pid = child.pid as number;
    lies[form](folder, JSON.stringify({ pid, boot: bootId(), start: startOf(pid) }));
    expect(await opens(folder)).toMatchObject({
      name: 'StorageError',
      code: 'locked',
      message: expect.stringContaining(`process ${pid}`),
    });
    expect(hasLock(folder)).toBe(true);
  });

  it('a lock never is there without what it says, so that a process may be killed at any time', async () => {
    const folder = tempFolder();
    await withStorage(torrentOf(), { folder }, async (storage) => {
      await ended(storage.write(0, bytesOf(10)));
      expect(JSON.parse(fs.readlinkSync(lock(folder)))).toMatchObject({ pid: process.pid, boot: bootId() });
    });
    await eventually(() => !hasLock(folder));
  });

  it.each(['EPERM', 'ENOSYS', 'EOPNOTSUPP'])('a lock is a file where links are refused with %s', async (code) => {
    const symlink = vi
      .spyOn(fs, 'symlink')
      .mockImplementation(((_target: string, _path: string, done: (error: Error) => void) =>
        done(Object.assign(new Error(code), { code }))) as typeof fs.symlink);
    undos.push(() => symlink.mockRestore());
    const folder = tempFolder();
    await withStorage(torrentOf(), { folder }, async (storage) => {
      await ended(storage.write(0, bytesOf(10)));
      expect(JSON.parse(fs.readFileSync(lock(folder), 'utf8'))).toMatchObject({ pid: process.pid, boot: bootId() });
    });
    await eventually(() => !hasLock(folder));
  });

  it('a lock of a process that was killed is taken over, though its parent has not looked', async () => {
    const folder = tempFolder();
    // What the shell becomes never asks how its child ended.
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    undos.push(() => parent.kill('SIGKILL'));
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const start = startOf(pid);
    const state = (): string | undefined => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
    await eventually(() => state() === 'Z');
    fs.writeFileSync(lock(folder), JSON.stringify({ pid, boot: bootId(), start }));
    expect(await opens(folder)).toBeUndefined();
  });

  const stale: readonly (readonly [string, () => string])[] = [
    ['of a dead process', () => JSON.stringify({ pid: spawnSync('true').pid, boot: bootId(), start: '1' })],
    [
      'of an earlier run of the machine',
      () => JSON.stringify({ pid: process.pid, boot: 'earlier', start: startOf(process.pid) }),
    ],
    ['of an earlier process of the same id', () => JSON.stringify({ pid: process.pid, boot: bootId(), start: '1' })],
  ];
  it.each(forms.flatMap((form) => stale.map(([what, content]) => [form, what, content] as const)))(
    'a %s %s is taken over',
    async (form, _, content) => {
      const folder = tempFolder();
      lies[form](folder, content());
      expect(await opens(folder)).toBeUndefined();
      await eventually(() => fs.readdirSync(folder).join() === 'name');
    },
  );

  it('a lock too large to be one is taken over', async () => {
    const folder = tempFolder();
    lies.file(folder, 'x'.repeat(5000));
    expect(await opens(folder)).toBeUndefined();
    await eventually(() => fs.readdirSync(folder).join() === 'name');
  });

  it.each(['', 'garbage', '{"pid":-1,"boot":"","start":""}', 'null', '{"pid":0}'])(
    'a lock of %j may just be being written: refused when fresh, taken over when old',
    async (content) => {
      const folder = tempFolder();
      fs.writeFileSync(lock(folder), content);
      expect(await opens(folder)).toMatchObject({ code: 'locked' });
      fs.utimesSync(lock(folder), 1, 1);
      expect(await opens(folder)).toBeUndefined();
    },
  );

  it('a folder or link to something in the place of the lock is not touched', async () => {
    const folder = tempFolder();
    for (const target of ['/etc/passwd', 'nowhere', '{"pid":0}']) {
      fs.symlinkSync(target, lock(folder));
      expect(await opens(folder)).toMatchObject({ code: 'locked' });
      fs.rmSync(lock(folder));
    }
    fs.mkdirSync(lock(folder));
    expect(await opens(folder)).toMatchObject({ code: 'locked' });
  });
});
