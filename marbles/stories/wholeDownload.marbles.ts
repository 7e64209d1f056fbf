import { filter, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { chokesAfter, drawn, hangsUpAfter, honest, type Mark, type Player, type World } from '../index.ts';
import { downloaded, overheard } from './scene.ts';

const a = '10.1.0.1:7000';

describe('the whole download', () => {
  it(
    'goes from announce to byte on disk, and says goodbye',
    drawn((stage) => {
      const seed = overheard(stage, honest({ latency: 10, pace: 2 }));
      const there = stage.world({ peers: { [a]: seed.player } });
      stage.happens(there.announces).toBe('       ---s 45ms c----x');
      stage.happens(there.dials).toBe('           --------a');
      stage.sends(seed).toBe('                    ---------h---------I---------(RRRR)');
      stage.gives(downloaded(stage, there)).toBe('--------a----------j 25ms s---s---(d|)');
      stage.happens(there.hangups).toBe('         49ms a');
    }),
  );

  it(
    'says how far it is four times a second, and at the end',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 100 }) } });
      const stored$ = download(stage.torrent, there.env, { target: { folder: '.' } }).pipe(
        filter((event) => event.type === 'progress'),
        map(({ phase, stored, downloaded, wasted }) => [phase, stored / BLOCK, downloaded / BLOCK, wasted]),
      );
      stage.gives(stored$).toBe('251ms p 178ms (e|)', { p: ['downloading', 2, 2, 0], e: ['done', 4, 4, 0] });
    }),
  );

  it('stores every byte, of hundreds of pieces and thirty peers with different faults', () => {
    let there: World | undefined;
    let tidings: readonly Mark[] = [];
    const manner = (nth: number): Player => {
      const player = honest({
        latency: 5 + nth,
        pace: 1 + (nth % 7),
        fast: nth % 2 === 0,
        has: Array.from({ length: 100 }, (_, n) => (n * 3 + nth) % 300),
      });
      return [player, chokesAfter(nth, 2000, player), hangsUpAfter(nth + 1, player)][nth % 3] ?? player;
    };
    const peers = Object.fromEntries(Array.from({ length: 30 }, (_, nth) => [`10.1.1.${nth}:7000`, manner(nth)]));
    drawn(
      (stage) => {
        there = stage.world({ peers, chunk: 5000 });
        tidings = stage.watch(downloaded(stage, there, { memory: 40 * 2 ** 16 }), '^ 60m !');
      },
      { torrent: { pieces: 300, blocksPerPiece: 4, lastBlock: 77 } },
    )();
    expect(tidings.at(-1)?.kind).toBe('end');
    expect(there?.disk.written).toHaveLength(300);
    expect(there?.disk.bytes.every((byte, at) => byte === Math.floor(at / 16_384 + 1) % 256)).toBe(true);
  });

  it(
    'serves two subscribers, one after the other',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 1 }) } });
      const download$ = downloaded(stage, there);
      stage.gives(download$).toBe('           --------a-----j-------------s-s---(d|)');
      stage.gives(download$, '100ms ^').toBe('102ms e---(d|)');
      stage.happens(there.dials).toBe('       --------a');
    }),
  );

  it(
    'does not serve two at once: they would write the same files',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: honest({ pace: 1 }) } });
      const download$ = downloaded(stage, there);
      stage.gives(download$).toBe('               --------a-----j-------------s-s---(d|)');
      stage.gives(download$, '----------^').toBe('----------#', undefined, { name: 'StorageError', code: 'locked' });
    }),
  );
});
