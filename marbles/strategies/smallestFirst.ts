import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Download, Torrent } from '../../src/index.ts';

/** The smallest file first, then the next larger one, and so on. Priorities may be changed at any time. */
export const smallestFirst = ({ files }: Torrent): MonoTypeOperatorFunction<Download> =>
  tap((it) => {
    const bySize = [...files.keys()].sort((a, b) => (files[a]?.length ?? 0) - (files[b]?.length ?? 0));
    for (const [rank, file] of bySize.entries()) it.prioritise(file, Math.max(-128, 127 - rank));
  });
