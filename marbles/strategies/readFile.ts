import { type Observable, switchMap } from 'rxjs';
import type { Download } from '../../src/index.ts';

/** The bytes of a file in their order while it is downloaded; what earlier runs have stored comes at once. */
export const readFile =
  (file: number) =>
  (opened$: Observable<Download>): Observable<Uint8Array> =>
    opened$.pipe(switchMap((it) => it.read(file)));
