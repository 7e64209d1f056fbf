import { defaultIfEmpty, defer, EMPTY, from, map, mergeMap, type Observable, of, tap } from 'rxjs';
import { readPieces } from '../operators/readPieces.ts';
import { verifyPieces } from '../operators/verifyPieces.ts';
import type { Env, Rechecked, Storage, Target } from './env.ts';
import { scoped } from './scoped.ts';
import { Geometry } from './torrent/geometry.ts';
import type { Torrent } from './torrent/metainfo.ts';
import { buffersFor } from './transfer.ts';

/** Pieces in memory at one time: a disk may read faster than anyone can hash. */
const CHECKS_IN_FLIGHT = 4;
/** Pieces whose digests are asked for at one time, and their bytes: what can't be digested elsewhere is read after all. */
const DIGESTS_IN_FLIGHT = 16;
const MEMORY = 64 * 2 ** 20;
/** Bytes below which threads would cost more time to start than they save. */
const MANY = 64 * 2 ** 20;

const NONE = new Uint8Array();

/** Pieces `indices` of what is on disk, each read and compared with its hash: a download from the disk. */
export const recheckPieces = (
  torrent: Torrent,
  env: Pick<Env, 'verify' | 'sharesMemory'>,
  storage: Pick<Storage, 'read' | 'digest'>,
  indices: readonly number[],
): Observable<Rechecked> =>
  defer(() => {
    const geometry = new Geometry(torrent);
    const read = readPieces(storage, geometry, buffersFor(geometry, env));
    const check = verifyPieces(env.verify(torrent));
    const bytesOf = (index: number) =>
      of(index).pipe(
        read,
        check,
        tap((piece) => piece.release()),
      );
    const digestOf = (index: number) =>
      (storage.digest?.(geometry.pieceOffset(index), geometry.pieceSize(index)) ?? EMPTY).pipe(
        defaultIfEmpty(undefined),
        mergeMap((digest) => (digest ? of({ index, bytes: NONE, from: [], digest, release: () => {} }).pipe(check) : bytesOf(index))),
      );
    const elsewhere = storage.digest !== undefined && indices.length * geometry.pieceLength > MANY;
    const atOnce = Math.max(CHECKS_IN_FLIGHT, Math.min(DIGESTS_IN_FLIGHT, Math.floor(MEMORY / geometry.pieceLength)));
    let checked = 0;
    return from(indices).pipe(
      elsewhere ? mergeMap(digestOf, atOnce) : mergeMap(bytesOf, CHECKS_IN_FLIGHT),
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
