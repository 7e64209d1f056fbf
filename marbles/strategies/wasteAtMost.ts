import { map, Subject, tap } from 'rxjs';
import type { DownloadEvent, Endgame } from '../../src/index.ts';

/** A budget: when more bytes than this are wasted, no block is asked of two peers any more. Pipe through `watched`. */
export const wasteAtMost = (bytes: number) => {
  const wasted$ = new Subject<number>();
  const endgame = wasted$.pipe(map((wasted): Endgame => (wasted > bytes ? 'strict' : 'on')));
  const watched = tap((event: DownloadEvent) => event.type === 'progress' && wasted$.next(event.wasted));
  return { endgame, watched };
};
