import { concatMap, defer, filter, finalize, from, map, type Observable, of, range, take, throwIfEmpty } from 'rxjs';
import { InputError, StorageError } from '../../contracts/errors.ts';
import type { Piece } from '../../contracts/peer.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import type { Reader } from '../../torrent/picker/readers.ts';
import type { Parts } from '../parts.ts';
import { following } from '../streams/following.ts';

/** Bytes of one file. */
export interface ByteRange {
  /** The first byte, counted from 0. Default 0. */
  readonly start?: number | undefined;
  /** The byte after the last one; the end of the file if absent. */
  readonly end?: number | undefined;
}

/** Bytes of one file, and when there is room for them. */
export interface ReadRange extends ByteRange {
  /**
   * Is called before each piece is read: the piece is read when what it returns has emitted. So a player that is paused
   * makes nobody keep what it has not taken; its next pieces are fetched nevertheless. No wait if absent.
   */
  readonly ready?: (() => Observable<unknown>) | undefined;
}

/** Bytes of one chunk. */
const CHUNK = 2 ** 20;

/**
 * The bytes of a file in their order: stored bytes at once, the rest when it is verified. Its pieces are fetched first.
 *
 * ```
 * stored  ab---d-c---
 * gives   ab-----cd|
 * ```
 *
 * Each chunk is at most 1 MiB, of one piece, and belongs to the subscriber. Cold: later bytes are requested later, and
 * unsubscribing restores the order of pieces. Each piece is read as a whole and checked by its hash before any of its
 * bytes is emitted, as another program may have changed the file since it was stored: a damaged piece is a warning, and
 * is fetched again and waited for.
 *
 * @throws InputError `bad-option` for a file or a range that does not exist, or is not wanted. @throws StorageError
 * `missing` when the download ends before the bytes are there, or when a piece is damaged and nothing is fetched.
 */
export const readRange = (parts: Parts, file: number, wanted: ReadRange = {}): Observable<Uint8Array> =>
  defer(() => {
    const { geometry, picker } = parts;
    const { offset, length } = spanOf(parts, file, wanted);
    if (parts.storage.ordered === true) refuse('what has gone into a pipe can not be read');
    if (length === 0) return from<Uint8Array[]>([]);
    const [first, last] = geometry.piecesOf(offset, length);
    const reader: Reader = { at: first, last };
    const whole = parts.shelf.whole();
    picker.readers.add(reader);
    return range(first, last - first + 1).pipe(
      concatMap((index) => {
        reader.at = index;
        const begin = Math.max(offset - geometry.pieceOffset(index), 0);
        const until = Math.min(offset + length - geometry.pieceOffset(index), geometry.pieceSize(index));
        const bytes$ = bytesOf(parts, whole, { index, begin, until });
        return wanted.ready === undefined ? bytes$ : following(wanted.ready(), () => bytes$);
      }),
      finalize(() => {
        picker.readers.delete(reader);
        parts.swarm.loops.stirred.next();
      }),
    );
  });

const refuse = (why: string): never => {
  throw new InputError('bad-option', why);
};

/**
 * The range as offsets in the torrent.
 *
 * @throws InputError `bad-option` for a file or a range that does not exist, or is not wanted
 */
export const spanOf = (
  { torrent: { files }, selection, storage }: Parts,
  file: number,
  { start = 0, end }: ByteRange,
): { readonly offset: number; readonly length: number } => {
  const entry = files[file];
  if (entry === undefined || entry.padding) return refuse(`file ${file}: there is none of this number`);
  const name = visible(storage.paths[file] ?? String(file));
  const to = end ?? entry.length;
  if (!selection.wants(file)) refuse(`${name} is not wanted`);
  if (!(Number.isSafeInteger(start) && Number.isSafeInteger(to) && 0 <= start && start <= to && to <= entry.length))
    refuse(`${name} has no bytes ${start} to ${to}: expected a range within ${entry.length}`);
  return { offset: entry.offset + start, length: to - start };
};

/** Bytes `begin` to `until` of a piece, when it is stored and right. */
const bytesOf = (
  parts: Parts,
  whole: (index: number) => Observable<Piece | undefined>,
  { index, begin, until }: { readonly index: number; readonly begin: number; readonly until: number },
): Observable<Uint8Array> => {
  const right$: Observable<Piece> = storedOf(parts, index).pipe(
    concatMap(() => whole(index)),
    // A damaged piece is missing again, and is waited for once more.
    concatMap((piece) => (piece === undefined ? right$ : of(piece))),
  );
  return right$.pipe(
    concatMap((piece) =>
      range(0, Math.ceil((until - begin) / CHUNK)).pipe(
        map((nth) => piece.bytes.slice(begin + nth * CHUNK, Math.min(begin + (nth + 1) * CHUNK, until))),
        finalize(() => piece.release()),
      ),
    ),
  );
};

/** Emits once when the piece is stored. */
const storedOf = ({ picker, torrent, swarm: { loops }, fetches }: Parts, index: number): Observable<unknown> =>
  defer(() => {
    if (picker.stored.has(index)) return of(index);
    const name = visible(torrent.name);
    if (!fetches) throw new StorageError('missing', `${name}: piece ${index} is damaged on disk: download it again`);
    return loops.settled.pipe(
      filter((settled) => settled.type === 'stored' && settled.index === index),
      take(1),
      throwIfEmpty(() => new StorageError('missing', `${name}: the download has ended before these bytes were stored`)),
    );
  });
