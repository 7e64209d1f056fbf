/**
 * Pauses by a stream: a timetable, a battery, a button. Connections stay, and nothing more is asked for.
 */
import { filter, map } from 'rxjs';
import { describe, it } from 'vitest';
import { openDownload } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';
import { pausedBy } from './pausedBy.ts';

describe('a pause by a stream', () => {
  it(
    'stores nothing while it lasts, and goes on where it was',
    drawn(
      ({ torrent, world, cold, gives, happens }) => {
        const { env, dials } = world({ peers: { '10.1.0.1:7000': honest({ pace: 1000 }) } });
        // Two blocks are on their way already when the pause begins.
        const paused$ = cold('2s p 9999ms r|', { p: true, r: false });
        const stored$ = openDownload(torrent, env, { target: { folder: '.' } }).pipe(
          pausedBy(paused$),
          filter((event) => event.type === 'stored'),
          map(() => 's'),
        );

        gives(stored$).toBe('1026ms s 999ms s 999ms s 999ms s 8980ms s 999ms s 999ms s 999ms s---|');
        happens(dials).toBe('--------a');
      },
      { torrent: { pieces: 8, blocksPerPiece: 1 } },
    ),
  );
});
