import { type Observable, concatMap, map, take } from 'rxjs';
import { describe, it } from 'vitest';
import type { Storage } from '../src/contracts/storage.ts';
import { StorageError } from '../src/contracts/errors.ts';
import { DrawnDisk, drawn, torrentOf } from './index.ts';

describe('the disk of a world', () => {
  const full = new StorageError('full', 'no room');
  const write = (at: number) => concatMap((storage: Storage) => storage.write(at, new Uint8Array(3).fill(at)));

  it(
    'takes its time, fails as told, and remembers',
    drawn(({ world, gives, happens }) => {
      const disk = world({
        disk: { takes: 3, fails: (work, nth) => (work === 'write' && nth === 1 ? full : undefined) },
      });
      const opened$ = disk.env.openStorage(torrentOf(), { folder: '.' });
      gives(opened$.pipe(write(4))).toBe('------#', {}, full);
      gives(opened$.pipe(write(5), take(1)), '-------^').toBe('-------------(n|)', { n: 3 });
      happens(disk.disk.written).toBe('-------------0');
    }),
  );

  it(
    'is for one at a time',
    drawn(({ world, gives }) => {
      const { env } = world();
      const storage$ = env.openStorage(torrentOf(), { folder: '.' }).pipe(map(() => 's'));
      gives(storage$, '^----!').toBe('-s');
      gives(storage$, '--^').toBe('--#', {}, { name: 'StorageError', code: 'locked' });
      gives(storage$, '------^').toBe('-------s');
    }),
  );

  it(
    'knows what is there',
    drawn(({ world, gives }) => {
      const into = new Uint8Array(4);
      const read = (has?: readonly number[]) =>
        world({ disk: has === undefined ? {} : { has } })
          .env.openStorage(torrentOf(), { folder: '.' })
          .pipe(concatMap((storage) => storage.read(0, into)));
      const stamps = (has?: readonly number[]) =>
        world({ disk: has === undefined ? {} : { has } })
          .env.openStorage(torrentOf(), { folder: '.' })
          .pipe(concatMap((storage) => storage.stamps()));
      gives(read()).toBe('--n', { n: 0 });
      gives(read([0]).pipe(map((n) => [n, ...into]))).toBe('--n', { n: [4, 1, 1, 1, 1] });
      gives(stamps()).toBe('--s', { s: [{ size: -1, mtime: 0 }] });
      gives(stamps([0])).toBe('--s', { s: [{ size: 65536, mtime: 0 }] });
    }),
  );

  it(
    'keeps a note from one run to the next',
    drawn((stage) => {
      const { world, gives } = stage;
      const disk = new DrawnDisk(stage);
      const note = Uint8Array.of(1, 2);
      const run = (work: (storage: Storage) => Observable<unknown>) =>
        world({ disk }).env.openStorage(torrentOf(), { folder: '.' }).pipe(concatMap(work));
      gives(
        run((storage) => storage.notes.save(note)),
        '^--!',
      ).toBe('');
      gives(
        run((storage) => storage.notes.load()),
        '----^',
      ).toBe('------n', { n: note });
    }),
  );
});
