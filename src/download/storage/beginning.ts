import { concat, defer, EMPTY, type Observable } from 'rxjs';
import { adoptApart } from './completion.ts';
import type { Env } from '../../contracts/env.ts';
import type { Rechecked } from '../../contracts/events.ts';
import type { Storage } from '../../contracts/storage.ts';
import { guardFiles, refuseLonger } from './occupied.ts';
import { type Found, restore } from './resumeData.ts';
import type { FileSelection } from '../../torrent/picker/fileSelection.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import type { Turns } from '../streams/turns.ts';

export interface BeginningOptions {
  readonly selection: FileSelection;
  /** Ignore the notes of earlier runs. */
  readonly recheck: boolean;
  /** When the data on disk is checked; at once if absent. */
  readonly checks?: Turns | undefined;
  /** Existing files may be replaced. */
  readonly force: boolean;
  /** Files may be written to. */
  readonly fetches: boolean;
  /** The storage that everything is written through. */
  readonly writable: Pick<Storage, 'write' | 'writev'>;
  /** Is called with the stored pieces, before anything is read. */
  readonly found: (found: Found) => void;
  /** Is called with each piece that need not be checked again before it is uploaded. */
  readonly sound: (index: number) => void;
}

/**
 * From files on disk to stored pieces: copies files that are elsewhere on disk, restores what earlier runs left,
 * refuses files that belong to another program, and takes in pieces that were kept apart. No existing byte is changed
 * before the end.
 *
 * ```
 * gives  --r-r-r---|   one for each piece that had to be checked
 * ```
 *
 * @throws StorageError `occupied` if a file that would be written to may belong to another program
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
    const restored$ = restore(torrent, env, storage, picker, { all: recheck, found: look, sound, checks });
    const guarded$ = defer(() => guardFiles(torrent, storage, picker, there, force));
    const adopted$ = adoptApart(torrent, env, { apart: storage.apart, ...writable }, picker);
    // What is copied is found then like everything that is there.
    const reused$ = (fetches && storage.reuse?.()) || EMPTY;
    return concat(reused$, restored$, fetches ? concat(guarded$, adopted$) : EMPTY);
  });
