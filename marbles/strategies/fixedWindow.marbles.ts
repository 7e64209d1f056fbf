/**
 * A fixed window of ten: for measuring, and for lines whose delay is known.
 */
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { drawn, honest, overheard } from '../index.ts';
import { fixedWindow } from './fixedWindow.ts';

describe('a fixed window', () => {
  it(
    'has three requests in flight, and never more',
    drawn(
      (stage) => {
        const seed = overheard(stage, honest({ pace: 10 }));
        const { env } = stage.world({ peers: { '10.1.0.1:7000': seed.player } });
        stage.watch(download(stage.torrent, env, { target: { folder: '.' }, ...fixedWindow(3) }));
        stage.sends(seed).toBe('---------h----I----(RRR)--------------------(RR)----------------R');
      },
      { torrent: { pieces: 6, blocksPerPiece: 1 } },
    ),
  );
});
