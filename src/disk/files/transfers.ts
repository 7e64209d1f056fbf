import { StorageError } from '../../contracts/errors.ts';
import { diskError } from '../errors/diskError.ts';
import type { Done } from './insideFolder.ts';
import { readSpan, writeSpan } from './moveSpan.ts';
import type { OpenFiles } from './openFiles.ts';
import type { OwnFiles } from './ownFiles.ts';
import type { PartFile } from './partFile.ts';
import { lengthOf, type Span, type Spans } from './spans.ts';

export interface TransferParts {
  readonly paths: readonly string[];
  readonly spans: Spans;
  readonly files: OpenFiles;
  readonly own: OwnFiles;
  readonly parts: PartFile;
  /** Is a file to be on disk? */
  readonly wanted: (file: number) => boolean;
  readonly pieceLength: number;
  /** Called with each file that is written to. */
  readonly dirty: (file: number) => void;
}

/**
 * Moves bytes between memory and their places on disk: the wanted files, and the part file for pieces that touch
 * unwanted ones. An unwanted file is never written to; it is read if it exists and the piece is not in the part file.
 */
export class Transfers {
  readonly #it: TransferParts;

  constructor(it: TransferParts) {
    this.#it = it;
  }

  /** Do all bytes of this range lie in their files, and none in the part file? */
  whole(offset: number, length: number): boolean {
    return this.#it.spans.of(offset, length).every((span) => span.padding || this.#it.wanted(span.file));
  }

  /** Calls back with the number of bytes read: fewer where a file is short or missing. */
  read(offset: number, into: Uint8Array, wanted: () => boolean, done: Done<number>): void {
    const { spans, pieceLength } = this.#it;
    this.#read(
      offset,
      spans.of(offset, into.length, (file) => (this.#it.wanted(file) ? Infinity : pieceLength)),
      0,
      into,
      wanted,
      done,
    );
  }

  write(offset: number, parts: readonly Uint8Array[], wanted: () => boolean, done: Done<number>): void {
    const length = lengthOf(parts);
    const spans = this.#it.spans.of(offset, length);
    this.#writeApart(offset, parts, this.#shared(offset, spans), (error) =>
      error ? done(error) : this.#write(spans, 0, parts, wanted, done),
    );
  }

  #read(
    offset: number,
    spans: readonly Span[],
    n: number,
    into: Uint8Array,
    wanted: () => boolean,
    done: Done<number>,
  ): void {
    const { files, paths, parts, pieceLength } = this.#it;
    let next = n;
    for (; spans[next]?.padding; next++) zero(into, spans[next] as Span);
    const span = spans[next];
    if (!span || !wanted()) return done(null, into.length);
    const end: Done<number> = (error, count = 0) => {
      if (error) done(diskError('read', paths[span.file] as string, error));
      else if (count < span.length) done(null, span.from + count);
      else this.#read(offset, spans, next + 1, into, wanted, done);
    };
    const at = offset + span.from;
    const piece = Math.floor(at / pieceLength);
    if (!this.#it.wanted(span.file) && parts.has(piece))
      return parts.read(piece, at - piece * pieceLength, into.subarray(span.from, span.from + span.length), end);
    files.acquire(span.file, 'read', (error, open) => {
      if (!open)
        return error instanceof StorageError && error.code === 'missing' ? done(null, span.from) : done(error ?? null);
      readSpan(open.fd, into, span, 0, (failure, count) => {
        files.release(open);
        end(failure, count);
      });
    });
  }

  /** Writes `spans` from index `n` on, one after the other. */
  #write(
    spans: readonly Span[],
    n: number,
    parts: readonly Uint8Array[],
    wanted: () => boolean,
    done: Done<number>,
  ): void {
    const { files, own, paths } = this.#it;
    let next = n;
    while (spans[next] && !this.#writes(spans[next] as Span)) next++;
    const span = spans[next];
    if (!span || !wanted()) return done(null, lengthOf(parts));
    const { file } = span;
    files.acquire(file, 'write', (denied, open) => {
      if (!open) return done(denied ?? null);
      const end: Done<void> = (error) => {
        files.release(open);
        if (error) done(diskError('write', paths[file] as string, error));
        else this.#write(spans, next + 1, parts, wanted, done);
      };
      own.begin(file, open.fd, (refused) => {
        if (refused) return end(refused);
        this.#it.dirty(file);
        writeSpan(open.fd, parts, span, 0, (failure) => own.ended(file, open.fd, (lost) => end(failure ?? lost)));
      });
    });
  }

  #writes({ padding, file }: Span): boolean {
    return !padding && this.#it.wanted(file);
  }

  /** The pieces in this range that touch an unwanted file. */
  #shared(offset: number, spans: readonly Span[]): readonly number[] {
    const { pieceLength } = this.#it;
    const pieces = new Set<number>();
    for (const span of spans) {
      if (span.padding || this.#it.wanted(span.file)) continue;
      const first = Math.floor((offset + span.from) / pieceLength);
      const last = Math.floor((offset + span.from + span.length - 1) / pieceLength);
      for (let piece = first; piece <= last; piece++) pieces.add(piece);
    }
    return [...pieces];
  }

  #writeApart(
    offset: number,
    parts: readonly Uint8Array[],
    [piece, ...rest]: readonly number[],
    done: Done<void>,
  ): void {
    if (piece === undefined) return done(null);
    const { pieceLength } = this.#it;
    const begin = Math.max(offset, piece * pieceLength);
    const end = Math.min(offset + lengthOf(parts), (piece + 1) * pieceLength);
    this.#it.parts.write(piece, begin - piece * pieceLength, parts, begin - offset, end - begin, (error) =>
      error ? done(error) : this.#writeApart(offset, parts, rest, done),
    );
  }
}

const zero = (into: Uint8Array, { from, length }: Span): void => void into.fill(0, from, from + length);
