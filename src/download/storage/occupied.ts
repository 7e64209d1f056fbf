import { concatMap, defer, EMPTY, from, map, mergeMap, type Observable, of, tap, throwError, toArray } from 'rxjs';
import type { FileStamp, Storage } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import type { Found } from './resumeData.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import type { FileSelection } from '../../torrent/picker/fileSelection.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import {
  type Findings,
  IN_THE_WAY,
  longerFiles,
  type Occupied,
  occupiedFiles,
} from '../../torrent/metainfo/occupied.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import { decodeAnyNote } from '../../torrent/pieces/resumeNote.ts';

/** Bytes of a file that are read at once, to see whether it contains anything but zeros. */
const STRETCH = 2 ** 20;

const refused = (storage: Storage, file: number, why: string, more: number): StorageError => {
  const others = more > 0 ? ` (and so ${more === 1 ? 'is another file' : `are ${more} others`})` : '';
  return new StorageError(
    'occupied',
    `${visible(storage.paths[file] ?? '')} exists already${others}, ${why}: ${IN_THE_WAY}`,
  );
};

/** Refuses files that are longer than the torrent says. @throws StorageError `occupied` */
export const refuseLonger = (
  torrent: Torrent,
  storage: Storage,
  { wants }: Pick<FileSelection, 'wants'>,
  stamps: readonly FileStamp[],
): void => {
  const [file, ...more] = longerFiles(torrent, stamps, wants);
  if (file === undefined) return;
  const why = `and is longer (${stamps[file]?.size} bytes) than in the torrent (${torrent.files[file]?.length} bytes)`;
  throw refused(storage, file, why, more.length);
};

/**
 * Makes sure that no other program's file is written to: completes without a value if none would be, and with `force`
 * once those files are marked to be replaced. A file of zeros counts as ours: other clients reserve room that way.
 *
 * @throws StorageError `occupied`
 */
export const guardFiles = (
  torrent: Torrent,
  storage: Storage,
  picker: PiecePicker,
  { note, stamps }: Found,
  force: boolean,
): Observable<never> =>
  defer(() => {
    const known = { stamps, note, have: picker.stored, wanted: (piece: number) => !picker.excluded.has(piece) };
    return picker.complete ? EMPTY : guarded(torrent, storage, known, { wants: () => true, force });
  });

export interface SelectedFiles {
  /** Is this file wanted now, and was it not before? */
  readonly wants: (file: number) => boolean;
  /** Existing files may be replaced. */
  readonly force: boolean;
}

/**
 * The same for files that are selected while the download runs. Pieces that are kept apart say nothing about a file: it
 * has none of their bytes.
 *
 * @throws StorageError `occupied`
 */
export const guardSelected = (
  torrent: Torrent,
  storage: Storage,
  { stored, geometry }: Pick<PiecePicker, 'stored' | 'geometry'>,
  note: Found['note'],
  { wants, force }: SelectedFiles,
): Observable<never> =>
  defer(() => {
    const apart = new Set(storage.apart.pieces());
    const [have, wanted] = [new Bitfield(stored.length), new Set<number>()];
    torrent.files.forEach(({ offset, length }, file) => {
      if (length === 0 || !wants(file)) return;
      const [first, last] = geometry.piecesOf(offset, length);
      for (let index = first; index <= last; index++) {
        wanted.add(index);
        if (stored.has(index) && !apart.has(index)) have.set(index);
      }
    });
    return storage.stamps().pipe(
      tap((stamps) => force || refuseLonger(torrent, storage, { wants }, stamps)),
      mergeMap((stamps) => {
        const known = { stamps, note, have, wanted: (piece: number) => wanted.has(piece) };
        return guarded(torrent, storage, known, { wants, force });
      }),
    );
  });

/** Refuses those of the files that `wants` names that may belong to another program. */
const guarded = (
  torrent: Torrent,
  storage: Storage,
  known: Omit<Findings, 'others'>,
  { wants, force }: SelectedFiles,
): Observable<never> =>
  storage.notes.others().pipe(
    map((notes) => notes.map(decodeAnyNote).filter((note) => note !== undefined)),
    map((others) => occupiedFiles(torrent, { ...known, others }).filter(({ file }) => wants(file))),
    mergeMap((found) => from(found).pipe(concatMap(unlessBlank(torrent, storage, known.stamps)), toArray())),
    mergeMap((found) => settled(storage, found, force)),
  );

const unlessBlank =
  ({ files }: Torrent, storage: Storage, stamps: readonly FileStamp[]) =>
  (found: Occupied): Observable<Occupied> => {
    const { offset, length } = files[found.file] as Torrent['files'][number];
    if (found.by !== undefined) return of(found);
    return isBlank(storage, offset, Math.min(length, stamps[found.file]?.size ?? 0)).pipe(
      mergeMap((blank) => (blank ? EMPTY : of(found))),
    );
  };

const settled = (storage: Storage, found: readonly Occupied[], force: boolean): Observable<never> => {
  const [first, ...more] = found;
  if (first === undefined) return EMPTY;
  if (force) {
    storage.replace(found.map(({ file }) => file));
    return EMPTY;
  }
  const why = first.by ? `and belongs to another torrent (${toHex(first.by)})` : 'and holds no data of this torrent';
  return throwError(() => refused(storage, first.file, why, more.length));
};

/** Emits once: are there only zeros in `length` bytes at `offset`? */
const isBlank = (storage: Storage, offset: number, length: number): Observable<boolean> =>
  defer(() => {
    const into = new Uint8Array(Math.min(STRETCH, length));
    const from = (at: number): Observable<boolean> => {
      if (at >= length) return of(true);
      const part = into.subarray(0, Math.min(into.length, length - at));
      return storage
        .read(offset + at, part)
        .pipe(
          mergeMap((count) =>
            part.subarray(0, count).some((byte) => byte !== 0)
              ? of(false)
              : count < part.length
                ? of(true)
                : from(at + part.length),
          ),
        );
    };
    return from(0);
  });
