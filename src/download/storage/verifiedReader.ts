import {
  catchError,
  concat,
  defer,
  EMPTY,
  exhaustMap,
  finalize,
  ignoreElements,
  interval,
  map,
  mergeMap,
  Observable,
  of,
  share,
  tap,
  throwError,
} from 'rxjs';
import type { Possessions } from '../../../operators/advertise.ts';
import { readPieces } from '../../../operators/readPieces.ts';
import type { Shelf } from '../../../operators/serveBlocks.ts';
import { verifyPieces } from '../../../operators/verifyPieces.ts';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { CheckedPiece, Piece } from '../../contracts/peer.ts';
import type { FileStamp, Storage } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { following } from '../streams/following.ts';
import { CheckBuffers } from './checkBuffers.ts';
import { type Reread, Rereads } from './rereads.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { PieceBuffers } from '../../torrent/pieces/pieceDrafts.ts';
import { sameStamp } from '../../torrent/pieces/resumeNote.ts';
import { buffersFor } from '../state/downloadState.ts';
import { Turns } from '../streams/turns.ts';

/** Milliseconds between checks whether another program has changed the files, in all and for each file. */
const LOOK_EVERY = 30_000;
const LOOK_PER_FILE = 10;
/** After this many intervals without a check, a read waits for one. */
const LONG = 1.5;
/** Pieces checked at once. */
const CHECKS_IN_FLIGHT = 2;

export interface VerifiedReaderOptions {
  readonly stored: Bitfield;
  /** Is called with a stored piece that is missing or damaged on disk, or can't be read. */
  readonly lost: (index: number, why: string) => void;
  /**
   * Is called with a piece that can be read after all, and is sound. If given, pieces that can't be read are tried
   * again after 1 s, 2 s, … 5 min, one at a time, until {@link VerifiedReader.end}.
   */
  readonly found?: (index: number) => void;
}

/**
 * Reads stored pieces for uploads, and never a damaged one. A piece that nobody has vouched for in this run is checked
 * when it is first requested, and again when another program has changed its file. One that can't be read is lost,
 * until it can. What was written to a pipe (`Storage.ordered`) can't be read back: then there is nothing to upload, and
 * no peer is told of it. Depends on
 * `stored`. Bytes of a piece are read only if it was sound at its last check. Each piece has at most one check at once.
 */
export class VerifiedReader implements Shelf, Possessions {
  /** The pieces that peers are told we have. */
  readonly stored: Bitfield;
  readonly #torrent: Torrent;
  readonly #env: Pick<Env, 'verify' | 'sharesMemory'>;
  readonly #storage: Pick<Storage, 'read' | 'stamps'>;
  readonly #geometry: Geometry;
  readonly #options: VerifiedReaderOptions;
  readonly #sound: Bitfield;
  readonly #checks = new Map<number, Observable<boolean>>();
  readonly #turns = new Turns(CHECKS_IN_FLIGHT);
  /** Made when it is used: most torrents of a thousand never have a peer. */
  #check: ((index: number) => Observable<Piece | undefined>) | undefined;
  readonly #every: number;
  /** The stamps of the files at the last check; and its time, which is never if the files are not watched. */
  #stamps: readonly FileStamp[] = [];
  #lookedAt = Infinity;
  /** The last check is long ago: reads wait for this one. */
  #look$: Observable<never> | undefined;
  /** Pieces that could not be read; most disks never have any. */
  #rereads: Rereads | undefined;

  constructor(
    torrent: Torrent,
    env: Pick<Env, 'verify' | 'sharesMemory'>,
    storage: Pick<Storage, 'read' | 'stamps' | 'ordered'>,
    options: VerifiedReaderOptions,
  ) {
    this.#torrent = torrent;
    this.#env = env;
    this.#storage = storage;
    this.#geometry = new Geometry(torrent);
    this.#options = options;
    this.#every = Math.max(LOOK_EVERY, LOOK_PER_FILE * torrent.files.length);
    this.#sound = new Bitfield(this.#geometry.pieceCount);
    this.stored = storage.ordered === true ? new Bitfield(this.#geometry.pieceCount) : options.stored;
  }

  /** A piece that can't be read is not there before it can, even if it was fetched anew. */
  has(index: number): boolean {
    return this.stored.has(index) && this.#rereads?.has(index) !== true;
  }

  /** The piece has just been checked, or written; or an earlier run did so, and its files are as they were. */
  vouch(index: number): void {
    this.#sound.set(index);
  }

  /** May each stored piece be uploaded without another check? */
  get soundThroughout(): boolean {
    const { length } = this.stored;
    for (let index = 0; index < length; index++) if (this.stored.has(index) && !this.#sound.has(index)) return false;
    return true;
  }

  /** Nothing is tried again from now on. */
  end(): void {
    this.#rereads?.end();
  }

  read(index: number, begin: number, into: Uint8Array): Observable<boolean> {
    const sound$ = defer(() => (this.#sound.has(index) ? of(true) : this.#checked(index)));
    return defer(() => (this.#isUnwatched ? concat((this.#look$ ??= this.#look()), sound$) : sound$)).pipe(
      mergeMap((sound) => (sound ? this.#fill(index, begin, into) : of(false))),
    );
  }

  /** Checks the piece before it is read, if it has to be checked. */
  expect(index: number): Observable<never> {
    return defer(() => (this.#sound.has(index) || !this.has(index) ? EMPTY : this.#checked(index))).pipe(
      ignoreElements(),
    );
  }

  /**
   * Reads whole pieces and checks these very bytes, whatever was known of the piece: emits a piece once, lent until it
   * is released, or undefined if it is damaged on disk. The pieces of one call share their memory.
   */
  whole(): (index: number) => Observable<Piece | undefined> {
    return this.#reading(buffersFor(this.#geometry, this.#env));
  }

  #reading(buffers: Pick<PieceBuffers, 'take' | 'give'>): (index: number) => Observable<Piece | undefined> {
    const checked = this.#checking(buffers);
    const sound = (piece: CheckedPiece): Piece | undefined => {
      if (piece.valid) return piece;
      piece.release();
      this.#lost(piece.index, 'is damaged');
      return undefined;
    };
    return (index) => checked(index).pipe(map(sound), catchError(this.#unreadable(index, undefined)));
  }

  #checking(buffers: Pick<PieceBuffers, 'take' | 'give'>): (index: number) => Observable<CheckedPiece> {
    const read = readPieces(this.#storage, this.#geometry, buffers);
    const check = verifyPieces(this.#env.verify(this.#torrent));
    return (index) => of(index).pipe(read, check);
  }

  /**
   * Checks regularly whether another program has changed the files: at each of `ticks`, which may pause while there is
   * no peer that could request anything. A request after a pause waits for a check. Never completes. `known` are the
   * stamps of the files when they were found to be right.
   */
  watch(ticks: (every: number) => Observable<unknown> = interval, known?: readonly FileStamp[]): Observable<never> {
    return following(known === undefined ? this.#storage.stamps() : of(known), (first) => {
      this.#stamps = first;
      this.#lookedAt = now();
      const due = (): boolean => now() - this.#lookedAt >= this.#every;
      return ticks(this.#every).pipe(
        exhaustMap(() => (due() ? this.#look() : EMPTY)),
        ignoreElements(),
      );
    });
  }

  get #isUnwatched(): boolean {
    return this.#look$ !== undefined || now() - this.#lookedAt > LONG * this.#every;
  }

  #look(): Observable<never> {
    return this.#storage.stamps().pipe(
      tap((stamps) => {
        this.#doubt(this.#stamps, stamps);
        this.#stamps = stamps;
        this.#lookedAt = now();
      }),
      ignoreElements(),
      finalize(() => (this.#look$ = undefined)),
      share(),
    );
  }

  #doubt(before: readonly FileStamp[], after: readonly FileStamp[]): void {
    this.#torrent.files.forEach(({ offset, length }, file) => {
      if (length === 0 || sameStamp(before[file], after[file])) return;
      const [first, last] = this.#geometry.piecesOf(offset, length);
      for (let index = first; index <= last; index++) this.#sound.clear(index);
    });
  }

  #fill(index: number, begin: number, into: Uint8Array): Observable<boolean> {
    const there = Math.max(0, Math.min(into.length, this.#geometry.pieceSize(index) - begin));
    into.fill(0, there);
    const real = there < into.length ? into.subarray(0, there) : into;
    return this.#storage.read(this.#geometry.pieceOffset(index) + begin, real).pipe(
      map((length) => length === there || this.#lost(index, 'is no longer there')),
      catchError(this.#unreadable(index, false)),
    );
  }

  #checked(index: number): Observable<boolean> {
    let check$ = this.#checks.get(index);
    if (check$ === undefined) {
      this.#check ??= this.#reading(new CheckBuffers(buffersFor(this.#geometry, this.#env)));
      check$ = this.#turns.take(this.#check(index)).pipe(
        map((piece) => {
          piece?.release();
          if (piece !== undefined) this.vouch(index);
          return piece !== undefined;
        }),
        finalize(() => this.#checks.delete(index)),
        share(),
      );
      this.#checks.set(index, check$);
    }
    return check$;
  }

  #unreadable<T>(index: number, instead: T): (error: unknown) => Observable<T> {
    return (error) => {
      if (!(error instanceof StorageError)) return throwError(() => error);
      const isTriedAgain = this.#options.found !== undefined && error.code !== 'short-read';
      this.#lost(index, `can't be read${isTriedAgain ? ', and is tried again' : ''}: ${error.message}`);
      if (isTriedAgain) this.#triesAgain.add(index);
      return of(instead);
    };
  }

  get #triesAgain(): Rereads {
    return (this.#rereads ??= new Rereads(this.#rereading(), (index, became) => {
      if (became === 'sound') this.#options.found?.(index);
      else this.#lost(index, 'is damaged');
    }));
  }

  #rereading(): (index: number) => Observable<Reread> {
    const checked = this.#checking(buffersFor(this.#geometry, this.#env));
    return (index) =>
      checked(index).pipe(
        map((piece): Reread => {
          piece.release();
          return piece.valid ? 'sound' : 'damaged';
        }),
        catchError((error: unknown) => {
          if (!(error instanceof StorageError)) return throwError(() => error);
          return of<Reread>(error.code === 'short-read' ? 'damaged' : 'unreadable');
        }),
      );
  }

  #lost(index: number, why: string): false {
    this.#sound.clear(index);
    if (this.has(index))
      this.#options.lost(
        index,
        `piece ${index} on disk ${why}: it is not uploaded, and is fetched again unless the torrent is only seeded`,
      );
    return false;
  }
}
