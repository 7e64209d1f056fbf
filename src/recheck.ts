import { defer, from, map, mergeMap, type Observable, of, tap } from 'rxjs';
import { readPieces } from '../operators/readPieces.ts';
import { verifyPieces } from '../operators/verifyPieces.ts';
import type { Env, Rechecked, Storage, Target } from './env.ts';
import { scoped } from './scoped.ts';
import { Geometry } from './torrent/geometry.ts';
import type { Torrent } from './torrent/metainfo.ts';
import { buffersFor } from './transfer.ts';

/** Pieces in memory at one time: a disk may read faster than anyone can hash. */
const CHECKS_IN_FLIGHT = 4;

/** Pieces `indices` of what is on disk, each read and compared with its hash: a download from the disk. */
export const recheckPieces = (
  torrent: Torrent,
  env: Pick<Env, 'verify' | 'sharesMemory'>,
  storage: Pick<Storage, 'read'>,
  indices: readonly number[],
): Observable<Rechecked> =>
  defer(() => {
    const geometry = new Geometry(torrent);
    const read = readPieces(storage, geometry, buffersFor(geometry, env));
    const check = verifyPieces(env.verify(torrent));
    let checked = 0;
    return from(indices).pipe(
      mergeMap((index) => of(index).pipe(read, check), CHECKS_IN_FLIGHT),
      tap((piece) => piece.release()),
      map(({ index, valid }): Rechecked => ({ type: 'rechecked', index, valid, checked: ++checked, total: indices.length })),
    );
  });

/**
 * Every piece of what is on disk, compared with its hash. Changes nothing.
 *
 * ```
 * gives  -(01)-2-(3|)
 * ```
 *
 * @throws StorageError
 */
export const recheck = (torrent: Torrent, env: Pick<Env, 'verify' | 'sharesMemory' | 'openStorage'>, target: Target): Observable<Rechecked> =>
  scoped(env.openStorage(torrent, target), (storage) => recheckPieces(torrent, env, storage, [...new Array(new Geometry(torrent).pieceCount).keys()]));
