import {
  concat,
  connect,
  defer,
  EMPTY,
  finalize,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  tap,
} from 'rxjs';
import type { Env } from '../contracts/env.ts';
import type { PieceOutcome, Rechecked, Restored, Warning } from '../contracts/events.ts';
import { restoredOf } from '../contracts/plain.ts';
import type { Storage } from '../contracts/storage.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { PiecePicker } from '../torrent/picker/piecePicker.ts';
import { notedFirst } from './completion.ts';
import { calmly, keepRemembering, rememberForGood, restore, ResumeData } from './resumeData.ts';
import { VerifiedReader } from './verifiedReader.ts';

export interface ResumptionOptions {
  /** Checks all that is on disk, whatever is remembered of it. */
  readonly recheck?: boolean;
  /** Hears of a note that can't be written, and of pieces that turn out to be damaged. */
  readonly report?: (warning: Warning) => void;
}

/** What a pipe of one's own needs to go on where it ended. */
export interface Resumption {
  /**
   * To be listened to before anything is fetched: what earlier runs have stored is checked as far as that is needed,
   * and the picker wants it no more. Emits each piece that was checked and, at the end, what is there, if anything is.
   */
  readonly restore$: Observable<Rechecked | Restored>;
  /** The storage for `writePieces`: before the first write it is noted whose the files are. */
  readonly writable: Pick<Storage, 'write' | 'writev' | 'ordered'>;
  /**
   * Stands at the end of the pipe, behind whatever ends it, and passes all on: what is stored is noted once a second,
   * at the end, and when nobody listens any more.
   */
  readonly remember: MonoTypeOperatorFunction<PieceOutcome>;
  /**
   * Pieces for `advertise` and `serveBlocks`, each of which has been verified by this run before it is given: what is
   * damaged on disk is given to nobody, and is fetched anew.
   */
  readonly shelf: VerifiedReader;
}

/**
 * Restores, remembers and reads what a pipe of one's own stores. It is of one subscription, as the picker is.
 *
 * ```
 * restore$          -rr(re|)        rechecked, restored
 * outcomes                  s-s-s|
 * remember  gives           s-s-s-|  the note is written before the end
 * ```
 *
 * A note that can't be written is a warning: the pieces are checked again next time.
 *
 * @example
 * const { restore$, writable, remember } = resumption(torrent, env, storage, picker);
 * const fetch$ = checkedPieces$.pipe(
 *   writePieces(writable, picker),
 *   takeWhile(() => !picker.complete, true),
 *   remember,
 * );
 * concat(restore$, defer(() => (picker.complete ? EMPTY : fetch$)));
 *
 * @throws StorageError of what can't be read
 */
export const resumption = (
  torrent: Torrent,
  env: Pick<Env, 'verify' | 'sharesMemory'>,
  storage: Storage,
  picker: PiecePicker,
  { recheck = false, report = () => {} }: ResumptionOptions = {},
): Resumption => {
  const lifetime = { downloaded: 0, uploaded: 0 };
  const resume = new ResumeData(torrent, storage, picker, { lifetime });
  const lost = (index: number, message: string): void => {
    picker.lose(index);
    report({ type: 'warning', code: 'damaged', message });
  };
  const shelf = new VerifiedReader(torrent, env, storage, { stored: picker.stored, lost });
  const checked$ = restore(torrent, env, storage, picker, recheck, (found) => {
    resume.found = found;
    Object.assign(lifetime, { downloaded: found.note?.downloaded ?? 0, uploaded: found.note?.uploaded ?? 0 });
  }).pipe(tap(({ index, valid }) => valid && shelf.vouch(index)));
  const there$ = defer(() => (picker.stored.count > 0 ? of(restoredOf(picker.stored, picker.geometry)) : EMPTY));
  const count = ({ type, index, length }: PieceOutcome): void => {
    lifetime.downloaded += length;
    if (type === 'stored') shelf.vouch(index);
  };
  return {
    restore$: concat(checked$, there$),
    writable: notedFirst(storage, resume.claim()),
    remember: (outcomes) => remembering(outcomes.pipe(tap(count)), { storage, picker, resume, report }),
    shelf,
  };
};

interface Remembering {
  readonly storage: Storage;
  readonly picker: PiecePicker;
  readonly resume: ResumeData;
  readonly report: (warning: Warning) => void;
}

const remembering = (
  outcomes: Observable<PieceOutcome>,
  { storage, picker, resume, report }: Remembering,
): Observable<PieceOutcome> =>
  defer(() => {
    let ended = false;
    const noted$ = defer(() => {
      ended = true;
      return picker.complete ? rememberForGood(storage, resume.save(true), report) : calmly(resume.save(false), report);
    });
    const meanwhile$ = outcomes.pipe(connect((all$) => merge(all$, keepRemembering(all$, resume.save(false), report))));
    return concat(meanwhile$, noted$).pipe(
      finalize(() => {
        if (!ended) resume.save(false).subscribe({ error: () => {} });
      }),
    );
  });
