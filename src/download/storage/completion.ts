import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  from,
  ignoreElements,
  mergeMap,
  type Observable,
  of,
  share,
  tap,
  throwError,
} from 'rxjs';
import { readPieces } from '../../../operators/readPieces.ts';
import { verifyPieces } from '../../../operators/verifyPieces.ts';
import { writePieces } from '../../../operators/writePieces.ts';
import type { Env } from '../../contracts/env.ts';
import type { PieceOutcome } from '../../contracts/events.ts';
import type { Storage } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import { recheckPieces } from './recheck.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import { buffersFor } from '../state/downloadState.ts';

type Hashing = Pick<Env, 'verify' | 'sharesMemory'>;
/** Pieces in memory at once. */
const IN_FLIGHT = 2;

/**
 * Moves pieces that an earlier run kept apart, because files were unwanted then, into the files that are wanted now:
 * reads, checks and writes each piece, as if a peer had sent it. Completes without a value.
 */
export const adoptApart = (
  torrent: Torrent,
  env: Hashing,
  storage: Pick<Storage, 'apart' | 'write' | 'writev'>,
  picker: PiecePicker,
): Observable<never> =>
  defer(() => {
    const apart = storage.apart.pieces().filter((index) => !picker.stored.has(index) && !picker.excluded.has(index));
    return adopted(torrent, env, storage, picker, apart).pipe(
      tap(({ type, index }) => type === 'stored' && picker.restore(index)),
      ignoreElements(),
    );
  });

/** Reads `pieces` where they are kept apart, checks them and writes them to their files: what became of each. */
export const adopted = (
  torrent: Torrent,
  env: Hashing,
  storage: Pick<Storage, 'apart' | 'write' | 'writev'>,
  { geometry }: Pick<PiecePicker, 'geometry'>,
  pieces: readonly number[],
): Observable<PieceOutcome> => {
  const buffers = buffersFor(geometry, env);
  const adopt = (index: number): Observable<PieceOutcome> =>
    of(index).pipe(
      readPieces(storage.apart, geometry, buffers),
      verifyPieces(env.verify(torrent)),
      writePieces(storage, { geometry, settle: () => {} }),
    );
  return from(pieces).pipe(mergeMap(adopt, IN_FLIGHT));
};

/**
 * The same storage, but the first write waits until `note$` has completed, so that a note always says which torrent the
 * files belong to. A note that can't be written does not prevent the writes, unless the disk is full.
 */
export const notedFirst = (
  storage: Storage,
  note$: Observable<never>,
): Pick<Storage, 'write' | 'writev' | 'ordered'> => {
  let noted = false;
  const unlessFull = (error: unknown): Observable<never> =>
    error instanceof StorageError && error.code !== 'full' ? EMPTY : throwError(() => error);
  const noting$ = note$.pipe(catchError(unlessFull), tap({ complete: () => (noted = true) }), share());
  const once = (write: () => Observable<number>): Observable<number> =>
    noted ? write() : concat(noting$, defer(write));
  const writev = storage.writev?.bind(storage);
  return {
    ordered: storage.ordered === true,
    write: (offset, bytes) => once(() => storage.write(offset, bytes)),
    ...(writev && { writev: (offset: number, parts: readonly Uint8Array[]) => once(() => writev(offset, parts)) }),
  };
};

/**
 * The end of a download: checks once more what another program has changed meanwhile, and creates empty files.
 * Completes without a value.
 *
 * @throws StorageError `missing` when a stored piece is no longer right: the same download fetches it again
 */
export const finished = (torrent: Torrent, env: Hashing, storage: Storage, picker: PiecePicker): Observable<never> =>
  defer(() => {
    const files = storage.doubted();
    if (files.length === 0) return storage.finish();
    const pieces = new Set<number>();
    for (const file of files) {
      const { offset, length } = torrent.files[file] as Torrent['files'][number];
      const [first, last] = picker.geometry.piecesOf(offset, length);
      for (let index = first; index <= last; index++) if (picker.stored.has(index)) pieces.add(index);
    }
    const name = visible(storage.paths[files[0] ?? 0] ?? '');
    const wrong$ = recheckPieces(torrent, env, storage, [...pieces]).pipe(
      filter(({ valid }) => !valid),
      tap(({ index }) => picker.lose(index)),
      ignoreElements(),
    );
    const all = picker.stored.count;
    const right$ = defer(() =>
      picker.stored.count === all
        ? EMPTY
        : throwError(
            () =>
              new StorageError(
                'missing',
                `${name} was changed by another program meanwhile: ` +
                  `${all - picker.stored.count} of its pieces are damaged; download again`,
              ),
          ),
    );
    return concat(wrong$, right$, storage.finish());
  });
