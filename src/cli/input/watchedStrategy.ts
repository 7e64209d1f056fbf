import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { resolve } from 'node:path';
import { catchError, EMPTY, from, Observable, shareReplay, startWith, switchMap, tap } from 'rxjs';
import type { Strategy } from '../../download/strategy.ts';
import { visible } from '../io/text.ts';

/** Milliseconds between looks at the file: editors replace it by another one, which the system tells in many ways. */
const LOOK = 200;

/** Emits each time that a file has changed and is there, counted from 1. */
const changesOf = (path: string): Observable<number> =>
  new Observable((subscriber) => {
    let nth = 0;
    const look = (now: Stats, before: Stats): void => {
      if (now.nlink > 0 && (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino))
        subscriber.next(++nth);
    };
    watchFile(path, { interval: LOOK, persistent: false }, look);
    return () => unwatchFile(path, look);
  });

/**
 * The strategy of a module, and of each later version of it. A version that can't be used is told, and leaves the one
 * before it in command. One watch for all downloads, as long as there is one.
 */
export const watchedStrategy = (
  path: string,
  first: Strategy,
  read: (nth: number) => Promise<Strategy>,
  say: (line: string) => void,
): Observable<Strategy> =>
  changesOf(resolve(path)).pipe(
    switchMap((nth) =>
      from(read(nth)).pipe(
        tap(() => say(`${visible(path)} has changed: its strategy is obeyed from now on`)),
        catchError((error: unknown) => {
          say(`${error instanceof Error ? error.message : String(error)}; the strategy before stays in command`);
          return EMPTY;
        }),
      ),
    ),
    startWith(first),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
