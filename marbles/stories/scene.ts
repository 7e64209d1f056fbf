import { defer, EMPTY, filter, takeUntil, timer, type Observable } from 'rxjs';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { Player, Stage, World } from '../index.ts';

export { type Overheard, overheard } from '../overheard.ts';

/**
 * What a whole download in a drawn world tells, but for the samples of its progress, of its trackers and of the funnel.
 */
export const downloaded = (
  { torrent }: Stage,
  { env }: World,
  options: Partial<DownloadOptions> = {},
): Observable<DownloadEvent> =>
  download(torrent, env, { target: { folder: '.' }, ...options }).pipe(
    filter(({ type }) => type !== 'progress' && type !== 'tracker' && type !== 'funnel'),
  );

/**
 * Is there from `from` until `until`, in milliseconds since the drawing began; hangs up on whoever calls at another
 * time.
 */
export const present =
  ({ now }: Stage, from: number, until: number, player: Player): Player =>
  (heard$, cast) =>
    defer(() => (now() < from || now() >= until ? EMPTY : player(heard$, cast).pipe(takeUntil(timer(until - now())))));
