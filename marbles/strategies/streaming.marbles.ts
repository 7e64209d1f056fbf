/**
 * Streaming: from the beginning to the end, so that a film can be watched while it comes.
 *
 * It costs the swarm something, as everyone then has the same pieces: use it for what is really watched.
 */
import { filter } from 'rxjs';
import { describe, it } from 'vitest';
import { byPriority, download, type Env, firstBy, inOrder, type Torrent } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';

const stream = (torrent: Torrent, env: Env) =>
  download(torrent, env, { target: { folder: '.' }, order: firstBy(byPriority, inOrder) }).pipe(
    filter(({ type }) => type === 'stored'),
  );

describe('streaming', () => {
  it(
    'stores the pieces from the beginning to the end',
    drawn(
      ({ torrent, world, gives }) => {
        const { env } = world({ peers: { '10.1.0.1:7000': honest({ pace: 4 }) } });
        gives(stream(torrent, env)).toBe('30ms 0---1---2---3---4---5---|');
      },
      { torrent: { pieces: 6, blocksPerPiece: 1 } },
    ),
  );

  it(
    'takes from those who have only a later part what they have',
    drawn(
      ({ torrent, world, gives }) => {
        const { env } = world({
          peers: {
            '10.1.0.1:7000': honest({ pace: 4, has: [0, 1, 2] }),
            '10.1.0.2:7000': honest({ latency: 6, pace: 4, has: [3, 4, 5] }),
          },
        });
        gives(stream(torrent, env)).toBe('30ms 0--31--42--5---|');
      },
      { torrent: { pieces: 6, blocksPerPiece: 1 } },
    ),
  );
});
