import { concat, defer, EMPTY, type Observable, tap } from 'rxjs';
import { adoptApart } from './completion.ts';
import type { Env } from '../contracts/env.ts';
import type { Rechecked } from '../contracts/events.ts';
import type { Storage } from '../contracts/storage.ts';
import { guardFiles, refuseLonger } from './occupied.ts';
import { type Found, restore } from './resumeData.ts';
import type { FileSelection } from '../torrent/picker/fileSelection.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { PiecePicker } from '../torrent/picker/piecePicker.ts';
import type { Turns } from './turns.ts';

export interface BeginningOptions {
  readonly selection: FileSelection;
  /** Nothing of what earlier runs have noted is believed. */
  readonly recheck: boolean;
  /** When what is on disk is checked; at once if not given. */
  readonly checks?: Turns | undefined;
  /** Files in the way are replaced. */
  readonly force: boolean;
  /** Something may be written. */
  readonly fetches: boolean;
  /** The storage by which anything is written. */
  readonly writable: Pick<Storage, 'write' | 'writev'>;
  /** Hears what there is, before anything is read. */
  readonly found: (found: Found) => void;
  /** Hears of each piece that has just been read and is right. */
  readonly sound: (index: number) => void;
}

/**
 * From files on disk to pieces that are there: restores what earlier runs have left, refuses what is somebody else's,
 * and takes in what was kept apart. Nothing of what was there is changed before the end.
 *
 * ```
 * gives  --r-r-r---|   one for each piece that had to be checked
 * ```
 *
 * @throws StorageError `occupied` if a file that would be written to may be somebody else's
 */
export const beginning = (
  torrent: Torrent,
  env: Pick<Env, 'verify' | 'sharesMemory'>,
  storage: Storage,
  picker: PiecePicker,
  { selection, recheck, checks, force, fetches, writable, found, sound }: BeginningOptions,
): Observable<Rechecked> =>
  defer(() => {
    let there: Found = { note: undefined, stamps: [] };
    const look = (what: Found): void => {
      there = what;
      found(what);
      if (fetches && !force) refuseLonger(torrent, storage, selection, what.stamps);
    };
    const restored$ = restore(torrent, env, storage, picker, recheck, look, checks).pipe(
      tap(({ index, valid }) => {
        if (valid) sound(index);
      }),
    );
    const guarded$ = defer(() => guardFiles(torrent, storage, picker, there, force));
    const adopted$ = adoptApart(torrent, env, { apart: storage.apart, ...writable }, picker);
    return concat(restored$, fetches ? concat(guarded$, adopted$) : EMPTY);
  });
