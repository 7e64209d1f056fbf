import { describe, expect, it } from 'vitest';
import { drawn } from '../index.ts';
import { asker } from './asker.ts';
import { fateAmong } from './fate.ts';
import { keeps } from './keeping.ts';

/** 256 blocks, and 1,024. */
const small = { pieces: 16, blocksPerPiece: 16 };
const size = { pieces: 64, blocksPerPiece: 16 };
const nine = { torrent: { pieces: 1, blocksPerPiece: 9 } };

describe('requests that a peer drops without a word', () => {
  it(
    'are made again within a second when later ones have been answered',
    drawn((stage) => {
      // Of the first four it drops two, and answers in order.
      const they = stage.peer('U---1-2-------5-6-7-8-9- 976ms ------3-4-|');
      const asks = '           (1234)(5678)----9 983ms (34)------';
      const result = '         ----1-2-------5-6-7-8-9- 976ms ------3-4-|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
      stage.asks(they).toBe(asks);
    }, nine),
  );

  it(
    'are found by asking for the last one again when there is nothing else to ask for',
    drawn((stage) => {
      const they = stage.peer('U---1-2-------3-4-5-6- 1978ms ----9----7-8-|');
      const asks = '           (1234)(5678)----9      1983ms 9---(78)-----';
      const result = '         ----1-2-------3-4-5-6- 1978ms ----9----7-8-|';
      stage.gives(asker(stage).blocksOf(they)).toBe(result);
      stage.asks(they).toBe(asks);
    }, nine),
  );

  it(
    'are not looked for by what was asked for 76 ms ago, but a second later',
    drawn(
      (stage) => {
        // It has one piece, and then another; it gives three blocks, and says nothing more.
        const { blocksOf, wake$ } = asker(stage);
        const they = stage.peer('U---1-2-3 1915ms H 2s |', { H: stage.words.have(1) }, { has: [0] });
        const asks = '           (1234)- 1918ms (5678) 1069ms 8';
        stage.cold('                    1925ms (w|)').subscribe(() => wake$.next());
        stage.gives(blocksOf(they)).toBe('----1-2-3 1915ms - 2s |');
        stage.asks(they).toBe(asks);
      },
      { torrent: { pieces: 2, blocksPerPiece: 4 } },
    ),
  );

  it.each([
    // Asked for all that it keeps once in a round trip of 300 ms, a seed that keeps 4 gives 256 in 19 s, and one that
    // keeps 16 in 5 s.
    [4, 1, { latency: 300 }, small, 17_000],
    [16, 1, { latency: 300 }, small, 5_000],
    [16, 1, { latency: 150 }, small, 3_000],
    [16, 1, { latency: 5 }, small, 500],
    // What is dropped at the end costs a second, and the tick after it.
    [64, 1, { latency: 5 }, small, 2_500],
    [4, 1, { latency: 5 }, size, 3_500],
    [4, 10, { latency: 5 }, size, 12_000],
    [16, 1, { latency: 5 }, size, 1_500],
    [16, 1, { latency: 300 }, size, 15_000],
    [64, 1, { latency: 5 }, size, 1_500],
    [64, 1, { latency: 150 }, size, 3_500],
    [64, 1, { latency: 300 }, size, 6_000],
    [100, 1, { latency: 150 }, size, 4_000],
    [100, 1, { latency: 300 }, size, 5_000],
    [250, 1, { latency: 150 }, size, 2_500],
    [250, 4, { latency: 300, fast: true }, size, 7_000],
    // These peers keep every request.
    [1_000, 1, { latency: 5 }, size, 1_100],
    [1_000, 1, { latency: 150 }, size, 2_500],
    [1_000, 20, { latency: 300 }, size, 22_500],
  ])(
    'by a seed that keeps %i, and needs %i ms for a block, cost next to nothing (%o)',
    (depth, pace, manners, size, within) => {
      const dropped = { count: 0 };
      const { took, leavings, told } = fateAmong([keeps(depth, pace, manners, dropped)], { size });
      expect(took).toBeLessThan(within);
      expect(leavings(0)).toEqual([]);
      expect(told('done')[0]?.wasted).toBe(0);
      if (depth >= 250) expect(dropped.count).toBe(0);
      else expect(dropped.count).toBeLessThan(8 * depth + 100);
    },
  );
});
