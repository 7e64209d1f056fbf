import {
  auditTime,
  concat,
  defer,
  exhaustMap,
  forkJoin,
  ignoreElements,
  interval,
  map,
  mergeMap,
  type Observable,
  catchError,
  EMPTY,
  endWith,
  takeUntil,
  tap,
} from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { PieceOutcome, Rechecked, Warning } from '../../contracts/events.ts';
import type { FileStamp, Storage } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { recheckPieces } from './recheck.ts';
import type { DownloadStats } from '../state/downloadStats.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import type { Turns } from '../streams/turns.ts';
import { decodeResume, encodeResume, type ResumeNote, surelySame, trusted } from '../../torrent/pieces/resumeNote.ts';
import type { VerifiedReader } from './verifiedReader.ts';

/** Milliseconds between two writes of the note while pieces are stored. */
export const SAVE_EVERY = 1000;
/** The same, while we seed. */
export const COUNT_EVERY = 60_000;

/**
 * What is known at the start: the note of the run before, if it is of this torrent, and the file system's stamp of each
 * file.
 */
export interface Found {
  readonly note: ResumeNote | undefined;
  readonly stamps: readonly FileStamp[];
}

export interface RestoreOptions {
  /** Checks everything, whatever the note says. Default no. */
  readonly all?: boolean;
  /** Is called with what is known before anything is read; an error that it throws is passed on. */
  readonly found?: (found: Found) => void;
  /** Is called with each piece that need not be checked again before it is uploaded. */
  readonly sound?: (index: number) => void;
  /** Checking waits for its turn. */
  readonly checks?: Turns | undefined;
}

/**
 * Restores what earlier runs stored: believes the note as far as the files look untouched, and checks the rest.
 *
 * ```
 * gives  --r-r-r|   one for each piece that had to be checked
 * ```
 */
export const restore = (
  torrent: Torrent,
  env: Pick<Env, 'verify' | 'sharesMemory'>,
  storage: Storage,
  picker: PiecePicker,
  { all = false, found = () => {}, sound = () => {}, checks }: RestoreOptions = {},
): Observable<Rechecked> =>
  forkJoin({ bytes: storage.notes.load(), stamps: storage.stamps() }).pipe(
    mergeMap(({ bytes, stamps }) => {
      const last = bytes === undefined ? undefined : decodeResume(bytes, torrent);
      found({ note: last, stamps });
      const note = all ? undefined : last;
      const { have, doubtful, ...trust } = trusted(note, stamps, storage.notes.boot, torrent);
      const vouched = trust.sound && storage.apart.pieces().length === 0;
      for (let index = 0; index < have.length; index++) {
        if (!have.has(index)) continue;
        picker.restore(index);
        if (vouched) sound(index);
      }
      const checked$ = recheckPieces(torrent, env, storage, doubtful);
      return checks === undefined || doubtful.length === 0 ? checked$ : checks.take(checked$);
    }),
    tap(({ index, valid }) => {
      if (!valid) return;
      picker.restore(index);
      sound(index);
    }),
  );

/**
 * The note of one download for the next run. Depends on the picker and the counters, which it only reads, and on what
 * was found at the start.
 */
export class ResumeData {
  /** What was stored before this run. */
  found: Found = { note: undefined, stamps: [] };
  readonly #torrent: Torrent;
  readonly #storage: Storage;
  readonly #picker: PiecePicker;
  readonly #stats: Pick<DownloadStats, 'lifetime'>;
  readonly #shelf: Pick<VerifiedReader, 'soundThroughout'>;
  /** How the files looked when their pieces were found, or written: only as long as they do is the shelf right. */
  #soundAs: readonly FileStamp[] | undefined;

  constructor(
    torrent: Torrent,
    storage: Storage,
    picker: PiecePicker,
    stats: Pick<DownloadStats, 'lifetime'>,
    shelf: Pick<VerifiedReader, 'soundThroughout'>,
  ) {
    this.#torrent = torrent;
    this.#storage = storage;
    this.#picker = picker;
    this.#stats = stats;
    this.#shelf = shelf;
  }

  /**
   * Writes the note once; `clean` when the stored data has reached the disk, and is all that is wanted. Completes
   * without a value.
   */
  save(clean: boolean): Observable<never> {
    return defer(() => {
      const have = this.#have();
      return this.#storage.stamps().pipe(
        map((stamps) => {
          const pending = this.#picker.writtenSince(have);
          return this.#note({ have, pending, stamps, clean, sound: clean && this.#isSound(stamps) });
        }),
        mergeMap((note) => this.#storage.notes.save(note, clean)),
      );
    });
  }

  /**
   * Notes which torrent the files belong to, before they are written to, unless the note of the run before says so.
   * Completes without a value.
   */
  claim(): Observable<never> {
    return defer(() => {
      const { note, stamps } = this.found;
      if (note?.clean === false) return EMPTY;
      const have = this.#have();
      const pending = new Bitfield(have.length);
      return this.#storage.notes.save(this.#note({ have, pending, stamps, clean: false, sound: false }));
    });
  }

  /** As it is now. */
  #have(): Bitfield {
    const { bytes, length } = this.#picker.stored;
    return Bitfield.from(bytes, length);
  }

  /** Was each stored piece verified or written while the files looked like this? */
  #isSound(stamps: readonly FileStamp[]): boolean {
    const before = this.found.stamps;
    const wasEmpty = before.length > 0 && before.every(({ size }) => size <= 0);
    // The storage notices what others do to files that this run has made.
    const soundAs = (this.#soundAs ??= wasEmpty ? stamps : before);
    return (
      this.#shelf.soundThroughout &&
      this.#storage.apart.pieces().length === 0 &&
      stamps.every((stamp, file) => stamp.size <= 0 || surelySame(soundAs[file], stamp))
    );
  }

  #note(of: Pick<ResumeNote, 'have' | 'pending' | 'stamps' | 'clean' | 'sound'>): Uint8Array {
    const { downloaded, uploaded } = this.#stats.lifetime;
    const { infoHash } = this.#torrent;
    return encodeResume({ ...of, infoHash, boot: this.#storage.notes.boot, downloaded, uploaded });
  }
}

/** Writes the note once a second while pieces are stored. Completes with `settled$`, without a value. */
export const keepRemembering = (
  settled$: Observable<PieceOutcome>,
  save: Observable<never>,
  report: (warning: Warning) => void,
): Observable<never> =>
  defer(() => {
    let failing = false;
    const once = (warning: Warning): void => {
      if (!failing) report(warning);
      failing = true;
    };
    return settled$.pipe(
      auditTime(SAVE_EVERY),
      // A note that can't be written costs a recheck next time, not the download: one warning is enough.
      exhaustMap(() =>
        save.pipe(
          tap({ complete: () => (failing = false) }),
          catchError((error: unknown) => warn(error, once)),
        ),
      ),
      // Ends at once with `settled$`, not a second later, since the note is written once more at the end.
      takeUntil(settled$.pipe(ignoreElements(), endWith(true))),
    );
  });

/**
 * Writes the note at each of `ticks$` if `given` has grown since, so that a killed seed still knows what it has
 * uploaded. Never completes.
 */
export const keepCounting = (
  given: () => number,
  save: Observable<never>,
  ticks$: Observable<unknown> = interval(COUNT_EVERY),
): Observable<never> =>
  defer(() => {
    let noted = given();
    return ticks$.pipe(
      exhaustMap(() => {
        if (given() === noted) return EMPTY;
        noted = given();
        return save;
      }),
    );
  });

/** A note that can't be written is a warning, not an end. */
export const calmly = (save: Observable<never>, report: (warning: Warning) => void): Observable<never> =>
  save.pipe(catchError((error: unknown) => warn(error, report)));

/** Flushes the stored data to the disk, and then says so in the note. */
export const rememberForGood = (
  storage: Storage,
  save: Observable<never>,
  report: (warning: Warning) => void,
): Observable<never> => calmly(concat(storage.flush(), save), report);

const warn = (error: unknown, report: (warning: Warning) => void): Observable<never> => {
  if (!(error instanceof StorageError)) throw error;
  report({
    type: 'warning',
    code: error.code,
    message: `${error.message}; what is stored will be checked again next time`,
  });
  return EMPTY;
};
