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
import type { Env } from '../../contracts/env.ts';
import type { PieceOutcome, Rechecked, Restored, Warning } from '../../contracts/events.ts';
import { restoredOf } from '../../contracts/plain.ts';
import type { Storage } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import { regained } from '../state/settling.ts';
import { notedFirst } from './completion.ts';
import { calmly, type Found, keepRemembering, rememberForGood, restore, ResumeData } from './resumeData.ts';
import { VerifiedReader } from './verifiedReader.ts';

export interface ResumptionOptions {
  /** Checks all data on disk, whatever the notes of earlier runs say. */
  readonly recheck?: boolean;
  /** Is called with the error of a note that can't be written, and with pieces that turn out to be damaged. */
  readonly report?: (warning: Warning) => void;
}

/** The parts that a pipe of one's own needs to go on where an earlier run ended. */
export interface Resumption {
  /**
   * To be subscribed to before anything is fetched: checks what earlier runs stored as far as necessary, and the picker
   * no longer wants it. Emits each checked piece and, at the end, which pieces are stored, if any are.
   */
  readonly restore$: Observable<Rechecked | Restored>;
  /** The storage for `writePieces`: a note says which torrent the files belong to before the first write. */
  readonly writable: Pick<Storage, 'write' | 'writev' | 'ordered'>;
  /**
   * Stands last in the pipe, behind the operator that ends it, and mirrors its source. Writes the note once a second,
   * at the end, and on unsubscription.
   */
  readonly remember: MonoTypeOperatorFunction<PieceOutcome>;
  /**
   * Pieces for `advertise` and `serveBlocks`, each verified before it is uploaded: by this run, or by an earlier one as
   * long as its files are untouched. A piece that is found damaged is not uploaded, and is fetched anew; one that can't
   * be read is tried again, too.
   */
  readonly shelf: VerifiedReader;
}

/**
 * Restores, notes and reads what a pipe of one's own stores. It belongs to one subscription, as the picker does.
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
  const lost = (index: number, message: string): void => {
    picker.lose(index);
    report({ type: 'warning', code: 'damaged', message });
  };
  const again = (index: number): void => {
    if (regained(picker, index)) shelf.vouch(index);
  };
  const shelf = new VerifiedReader(torrent, env, storage, { stored: picker.stored, lost, found: again });
  const resume = new ResumeData(torrent, storage, picker, { lifetime }, shelf);
  const found = (there: Found): void => {
    resume.found = there;
    Object.assign(lifetime, { downloaded: there.note?.downloaded ?? 0, uploaded: there.note?.uploaded ?? 0 });
  };
  const sound = (index: number): void => shelf.vouch(index);
  const checked$ = restore(torrent, env, storage, picker, { all: recheck, found, sound });
  const there$ = defer(() => (picker.stored.count > 0 ? of(restoredOf(picker.stored, picker.geometry)) : EMPTY));
  const count = ({ type, index, length }: PieceOutcome): void => {
    lifetime.downloaded += length;
    if (type === 'stored') shelf.vouch(index);
  };
  return {
    restore$: concat(checked$, there$),
    writable: notedFirst(storage, resume.claim()),
    remember: (outcomes) => remembering(outcomes.pipe(tap(count)), { storage, picker, resume, shelf, report }),
    shelf,
  };
};

interface Remembering {
  readonly storage: Storage;
  readonly picker: PiecePicker;
  readonly resume: ResumeData;
  readonly shelf: VerifiedReader;
  readonly report: (warning: Warning) => void;
}

const remembering = (
  outcomes: Observable<PieceOutcome>,
  { storage, picker, resume, shelf, report }: Remembering,
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
        shelf.end();
        if (!ended) resume.save(false).subscribe({ error: () => {} });
      }),
    );
  });
