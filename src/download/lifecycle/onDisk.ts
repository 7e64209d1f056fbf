import { EMPTY, ignoreElements, isObservable, type Observable, of, shareReplay } from 'rxjs';
import { checkOption } from '../../contracts/checkOptions.ts';
import type { Env } from '../../contracts/env.ts';
import { selects } from '../../torrent/metainfo/selection.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { following } from '../streams/following.ts';
import type { DownloadOptions, Selection } from '../options.ts';
import type { Chosen, WantedFiles } from '../parts.ts';
import { scoped } from '../streams/scoped.ts';
import { beside } from '../swarm/stopping.ts';

/**
 * Chooses files and a place for them, and opens them for as long as `main` runs. Opening creates and changes nothing.
 *
 * @throws InputError `bad-option` for what is no selection; StorageError
 */
export const onDisk = <T>(
  torrent: Torrent,
  { openStorage }: Pick<Env, 'openStorage'>,
  { target, placed = () => of(target), select, seed }: Pick<DownloadOptions, 'target' | 'placed' | 'select' | 'seed'>,
  main: (chosen: Chosen) => Observable<T>,
): Observable<T> => {
  const open = (select: Selection, selections$: Observable<Selection>): Observable<T> =>
    following(placed(torrent), ({ force = false, ...place }) => {
      const files: WantedFiles = { wants: selects(select) };
      const wanted = (file: number): boolean => files.wants(file);
      const how = { ...place, force, wanted, ...(seed?.only === true && { readOnly: true }) };
      return scoped(openStorage(torrent, how), (storage) => main({ storage, select, selections$, files, force }));
    });
  if (typeof select !== 'function' && !isObservable(select)) return open(select, EMPTY);
  const select$ = typeof select === 'function' ? select(torrent) : select;
  // What is chosen while the files are opened counts, too.
  const latest$ = select$.pipe(shareReplay({ bufferSize: 1, refCount: true }));
  return beside(
    following(latest$, (first) => {
      checkOption('select', first);
      return open(first, latest$);
    }),
    latest$.pipe(ignoreElements()),
  );
};
