import { concatMap, from, type Observable, switchMap } from 'rxjs';
import type { Download, Torrent } from '../../src/index.ts';

/** Puts each file into a bucket, by its path as the key; `put` takes its bytes in order, as they come. */
export const intoBucket =
  ({ files }: Torrent, put: (key: string, bytes$: Observable<Uint8Array>) => Observable<unknown>) =>
  (opened$: Observable<Download>): Observable<unknown> =>
    opened$.pipe(switchMap((it) => from(files).pipe(concatMap(({ path }, n) => put(path.join('/'), it.read(n))))));
