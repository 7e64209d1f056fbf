import { EMPTY, filter, ignoreElements, isObservable, map, type Observable, of, startWith, switchMap, tap } from 'rxjs';
import { checkOption } from '../../contracts/checkOptions.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { type FilePriority, piecePriorities } from '../../torrent/picker/filePriorities.ts';
import type { Changing } from '../streams/changing.ts';
import type { DownloadState } from './downloadState.ts';
import type { Loops } from './loops.ts';

/** Priorities of files, as `DownloadOptions.priorities` takes them. */
export type Priorities =
  | Changing<readonly FilePriority[]>
  | ((torrent: Torrent) => Observable<readonly FilePriority[]>)
  | undefined;

/** What is needed to obey them; `wants` is asked again after each change of the selection. */
export interface Prioritised extends Pick<DownloadState, 'geometry' | 'picker'>, Pick<Loops, 'settled'> {
  readonly wants: (file: number) => boolean;
}

/**
 * Obeys each list of priorities from the next request on, and the last one again when other files are wanted: a piece
 * that lies in two files has the higher priority of those that are wanted. Emits nothing, and is `EMPTY` without
 * priorities.
 *
 * ```
 * priorities  a-----b---
 * reselected  ---x------
 * obeys       a--a--b---
 * ```
 *
 * @throws InputError `bad-option` for what is no list of priorities
 */
export const prioritising = (
  torrent: Torrent,
  priorities: Priorities,
  { geometry, picker, settled, wants }: Prioritised,
): Observable<never> => {
  if (priorities === undefined) return EMPTY;
  const given = typeof priorities === 'function' ? priorities(torrent) : priorities;
  const lists$ = isObservable(given) ? given : of(given);
  const reselected$ = settled.pipe(
    filter(({ type }) => type === 'reselected'),
    startWith(undefined),
  );
  return lists$.pipe(
    tap((list) => checkOption('priorities', list)),
    switchMap((list) => reselected$.pipe(map(() => list))),
    tap((list) => {
      for (const [index, priority] of piecePriorities(torrent, geometry, list, wants).entries())
        picker.prioritise(index, priority);
    }),
    ignoreElements(),
  );
};
