/**
 * Rarest first, but nobody below 50 kB/s: a place is worth more to somebody faster.
 */
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { drawn, honest } from '../index.ts';
import { noSlowPeers } from './noSlowPeers.ts';

describe('no slow peers', () => {
  it(
    'hangs up on the one that is too slow at the second look, and on nobody else',
    drawn(
      ({ torrent, world, watch, happens }) => {
        // Blocks of 16 KiB: 65 kB/s, and 33 kB/s.
        const { env, hangups } = world({
          peers: { '10.1.0.1:7000': honest({ pace: 250 }), '10.1.0.2:7000': honest({ pace: 500 }) },
        });
        watch(download(torrent, env, { target: { folder: '.' }, ...noSlowPeers() }), '^ 25s !');
        happens(hangups).toBe('20014ms b 4986ms a');
      },
      { torrent: { pieces: 400, blocksPerPiece: 1 } },
    ),
  );
});
