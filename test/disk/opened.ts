import { firstValueFrom, lastValueFrom, type Observable } from 'rxjs';
import { expect } from 'vitest';
import type { Storage, Target } from '../../src/contracts/storage.ts';
import { openStorage } from '../../src/disk/files/fileStorage.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';

/** Waits for completion; the last value, if there was one. */
export const ended = <T>(source: Observable<T>): Promise<T | undefined> =>
  lastValueFrom(source, { defaultValue: undefined });

/** Opens the storage, uses it, closes it whatever happens. */
export const withStorage = async <T>(
  torrent: Torrent,
  target: Target,
  use: (storage: Storage) => Promise<T>,
): Promise<T> => {
  let storage: Storage | undefined;
  let close = (): void => {};
  const opened = new Promise<Storage>((resolve, reject) => {
    const subscription = openStorage(torrent, target).subscribe({ next: resolve, error: reject });
    close = () => subscription.unsubscribe();
  });
  try {
    storage = await opened;
    return await use(storage);
  } finally {
    close();
  }
};

export const errorOf = (source: Observable<unknown>): Promise<unknown> =>
  firstValueFrom(source).then(
    () => undefined,
    (error: unknown) => error,
  );

/** Two seconds at the most. */
export const eventually = async (check: () => boolean): Promise<void> => {
  for (let tries = 0; !check() && tries < 400; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(check()).toBe(true);
};
