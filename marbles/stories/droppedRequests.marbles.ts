import { describe, expect, it } from 'vitest';
import { drawn } from '../index.ts';
import { asker } from './asker.ts';
import { fateAmong } from './fate.ts';
import { keeps } from './keeping.ts';

/** 1,024 blocks. */
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

  it.each([
    [64, 1, { latency: 5 }, 4_000],
    [64, 1, { latency: 150 }, 8_000],
    [16, 1, { latency: 5 }, 6_000],
    [4, 10, { latency: 5 }, 20_000],
    [250, 1, { latency: 150 }, 5_000],
    [250, 4, { latency: 300, fast: true }, 9_000],
  ])('by a seed that keeps %i, and needs %i ms for a block: they cost no minute', (depth, pace, manners, within) => {
    const dropped = { count: 0 };
    const { took, leavings, told } = fateAmong([keeps(depth, pace, manners, dropped)], { size });
    expect(took).toBeLessThan(within);
    expect(leavings(0)).toEqual([]);
    expect(told('done')[0]?.wasted).toBe(0);
    if (depth === 250) expect(dropped.count).toBe(0);
    else expect(dropped.count).toBeLessThan(8 * depth + 100);
  });
});
