import { of, timer, map, startWith } from 'rxjs';
import { describe, it } from 'vitest';
import type { WindowRule } from '../../src/torrent/requests/windowRule.ts';
import { drawn } from '../index.ts';
import { answering, asker, right } from './asker.ts';

const ten = { torrent: { pieces: 1, blocksPerPiece: 10 } };

describe('a window of your own', () => {
  it(
    'is fixed: this many blocks are requested, and more when half of them have come',
    drawn((stage) => {
      const they = stage.peer('U-------1-2-3-------4-5-|');
      const asks = '           (123)-----(45)------(67)-';
      stage.gives(asker(stage, { window: 3 }).blocks(of(they))).toBe('--------1-2-3-------4-5-|');
      stage.asks(they).toBe(asks.replaceAll(' ', ''));
    }, ten),
  );

  it(
    'is a function that is asked each second: no peer below 50 kB/s is asked for more',
    drawn((stage) => {
      const fast: WindowRule = ({ age, rate }) => (age >= 2000 && rate < 50_000 ? 0 : 2);
      const slow = answering(stage.peer('U'), 700, right(stage));
      stage.gives(asker(stage, { window: fast }).blocks(of(slow)), '^ 20s !').toBe('700ms 1 699ms 2 699ms 3 699ms 4');
    }, ten),
  );

  it(
    'is a stream, obeyed at once: a peer that was asked for nothing is asked for blocks',
    drawn((stage) => {
      const they = stage.peer('U-------|');
      const window = timer(4).pipe(
        map((): WindowRule => 2),
        startWith(0),
      );
      stage.gives(asker(stage, { window }).blocks(of(they))).toBe('--------|');
      stage.asks(they).toBe('----(12)');
    }, ten),
  );
});
