import { EMPTY } from 'rxjs';
import type { Storage } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { streamStorage } from './streamStorage.ts';

/** A storage that keeps one file, from its first byte to the last that has come in order. */
export interface ConcatStorage extends Storage {
  /** What has come so far, without a gap: a copy. */
  bytes(): Uint8Array;
}

/**
 * The end of a pipe, for tests: what a `streamStorage` hands on of `torrent.files[file]`, put together.
 *
 * ```
 * writes  b--a----
 * bytes   -  ab    nothing before a is there
 * ```
 *
 * Select that file alone (`select: [[file, file]]`). Nothing can be read back.
 *
 * @example
 * const storage = concatStorage(torrent, 0);
 * download(torrent, { ...nodeEnv(), openStorage: () => of(storage) }, { target: { folder: '.' }, select: [[0, 0]] })
 *   .subscribe({ complete: () => console.log(storage.bytes().length) });
 */
export const concatStorage = (torrent: Pick<Torrent, 'name' | 'files'>, file: number): ConcatStorage => {
  const bytes = new Uint8Array(torrent.files[file]?.length ?? 0);
  let length = 0;
  const storage = streamStorage(torrent, file, (part) => {
    bytes.set(part, length);
    length += part.length;
    return EMPTY;
  });
  return { ...storage, bytes: () => bytes.slice(0, length) };
};
