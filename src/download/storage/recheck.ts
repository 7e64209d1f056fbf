import { concat, defaultIfEmpty, defer, EMPTY, from, map, mergeMap, type Observable, of, tap } from 'rxjs';
import { readPieces } from '../../../operators/readPieces.ts';
import { verifyPieces } from '../../../operators/verifyPieces.ts';
import type { Env } from '../../contracts/env.ts';
import type { Checked, Rechecked } from '../../contracts/events.ts';
import type { FileStamp, Storage, Target } from '../../contracts/storage.ts';
import { scoped } from '../streams/scoped.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import { FileSelection } from '../../torrent/picker/fileSelection.ts';
import { fileStates } from '../../torrent/metainfo/fileStates.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { Span } from '../../torrent/metainfo/selection.ts';
import { buffersFor } from '../state/downloadState.ts';

/** Pieces in memory at once: a disk may read faster than the pieces can be hashed. */
const CHECKS_IN_FLIGHT = 4;
/**
 * Pieces whose digests are requested at once, and their bytes. A piece that can't be digested on another thread is read
 * here.
 */
const DIGESTS_IN_FLIGHT = 256;
const MEMORY = 64 * 2 ** 20;
/** Bytes below which threads would cost more time to start than they save. */
const MANY = 64 * 2 ** 20;

const NONE = new Uint8Array();

/** Reads the pieces `indices` from disk and compares each with its hash: a download from the disk. */
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
        mergeMap((digest) =>
          digest ? of({ index, bytes: NONE, from: [], digest, release: () => {} }).pipe(check) : bytesOf(index),
        ),
      );
    const elsewhere = storage.digest !== undefined && indices.length * geometry.pieceLength > MANY;
    const atOnce = Math.max(CHECKS_IN_FLIGHT, Math.min(DIGESTS_IN_FLIGHT, Math.floor(MEMORY / geometry.pieceLength)));
    let checked = 0;
    return from(indices).pipe(
      elsewhere ? mergeMap(digestOf, atOnce) : mergeMap(bytesOf, CHECKS_IN_FLIGHT),
      map(
        ({ index, valid }): Rechecked => ({
          type: 'rechecked',
          index,
          valid,
          checked: ++checked,
          total: indices.length,
        }),
      ),
    );
  });

/**
 * Compares every piece on disk with its hash, and finally tells what that means for the files: those of `select` (BEP
 * 53), or all. Changes nothing, and takes no lock.
 *
 * ```
 * gives  -(01)-2-(3c|)   rechecked, checked
 * ```
 *
 * @example
 * recheck(torrent, nodeEnv(), { folder: '.' }).subscribe((event) => {
 *   if (event.type === 'checked') console.log(event.files.filter(({ state }) => state !== 'complete'));
 * });
 *
 * @throws StorageError
 */
export const recheck = (
  torrent: Torrent,
  env: Pick<Env, 'verify' | 'sharesMemory' | 'openStorage'>,
  target: Target,
  select?: readonly Span[],
): Observable<Rechecked | Checked> =>
  defer(() => {
    const geometry = new Geometry(torrent);
    const selection = new FileSelection(torrent, geometry, select);
    const excluded = new Set(selection.excluded);
    const pieces = Array.from({ length: geometry.pieceCount }, (_, index) => index).filter(
      (index) => !excluded.has(index),
    );
    const right = new Bitfield(geometry.pieceCount);
    const checked = ({ paths }: Storage, stamps: readonly FileStamp[]): Checked => {
      const files = fileStates(torrent, stamps, right, selection.wants).map((each) => ({
        ...each,
        path: paths[each.file] ?? '',
      }));
      const complete = right.count === pieces.length && files.every(({ state }) => state === 'complete');
      return { type: 'checked', complete, pieceCount: pieces.length, valid: right.count, files };
    };
    return scoped(env.openStorage(torrent, { ...target, wanted: selection.wants, readOnly: true }), (storage) =>
      concat(
        recheckPieces(torrent, env, storage, pieces).pipe(tap(({ index, valid }) => valid && right.set(index))),
        storage.stamps().pipe(map((stamps) => checked(storage, stamps))),
      ),
    );
  });
