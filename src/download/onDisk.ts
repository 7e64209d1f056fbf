import { type Observable, of } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import { selects } from '../torrent/metainfo/selection.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { following } from './following.ts';
import type { DownloadOptions, Selection } from './options.ts';
import type { Chosen } from './parts.ts';
import { scoped } from './scoped.ts';

/**
 * Chooses files and a place for them, and opens them for as long as `main` runs. Opening creates and changes nothing.
 *
 * @throws StorageError
 */
export const onDisk = <T>(
  torrent: Torrent,
  { openStorage }: Pick<Env, 'openStorage'>,
  { target, placed = () => of(target), select, seed }: Pick<DownloadOptions, 'target' | 'placed' | 'select' | 'seed'>,
  main: (chosen: Chosen) => Observable<T>,
): Observable<T> => {
  const select$: Observable<Selection> = typeof select === 'function' ? select(torrent) : of(select);
  return following(select$, (select) =>
    following(placed(torrent), ({ force = false, ...place }) => {
      const how = { ...place, force, wanted: selects(select), ...(seed?.only === true && { readOnly: true }) };
      return scoped(openStorage(torrent, how), (storage) => main({ storage, select, force }));
    }),
  );
};
