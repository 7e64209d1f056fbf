import { ignoreElements, merge, type Observable, type OperatorFunction, switchMap, tap } from 'rxjs';
import type { Download, DownloadEvent } from '../../src/index.ts';

/** Pauses a download while `paused$` says so; gives its events. */
export const pausedBy = (paused$: Observable<boolean>): OperatorFunction<Download, DownloadEvent> =>
  switchMap((it) => {
    const obeyed$ = paused$.pipe(tap((paused) => (paused ? it.pause() : it.resume())));
    return merge(it.events$, obeyed$.pipe(ignoreElements()));
  });
