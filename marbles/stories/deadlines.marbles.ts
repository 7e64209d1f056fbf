import { of, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { downloadState } from '../../src/download/state/downloadState.ts';
import { Deadlines } from '../../src/torrent/picker/deadlines.ts';
import { byDeadline, firstBy, inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { drawn, type Stage } from '../index.ts';

const nine = { torrent: { pieces: 9, blocksPerPiece: 1 } };

/** Asks for one block at a time, in the order in which pieces are due. */
const watching = (stage: Stage) => {
  const deadlines = new Deadlines();
  const order = firstBy(byDeadline(deadlines), inOrder);
  const { picker, wake$ } = downloadState(stage.torrent, stage.world().env, { order });
  return { deadlines, asking: requestBlocks(picker, { wake$, window: 1 }) };
};

describe('an order by deadlines', () => {
  it(
    'asks for what is read next, and for the rest when nothing is due',
    drawn((stage) => {
      const they = stage.peer('U-6-7-8-9-1-|');
      const { deadlines, asking } = watching(stage);
      deadlines.reads({ first: 5, last: 8 });
      stage.gives(of(they).pipe(asking)).toBe('--6-7-8-9-1-|');
      stage.asks(they).toBe('6-7-8-9-1-2--');
    }, nine),
  );

  it(
    'follows a reader that jumps with the next request',
    drawn((stage) => {
      const they = stage.peer('U-1-2-7-8-9-3-|');
      const { deadlines, asking } = watching(stage);
      const left = deadlines.reads({ first: 0, last: 8 });
      const jump = (): void => {
        left();
        deadlines.reads({ first: 6, last: 8 });
      };
      stage.watch(stage.cold('---(x|)').pipe(tap(jump)));
      stage.gives(of(they).pipe(asking)).toBe('--1-2-7-8-9-3-|');
      stage.asks(they).toBe('1-2-7-8-9-3-4--');
    }, nine),
  );

  it(
    'takes turns between two readers',
    drawn((stage) => {
      const they = stage.peer('U-1-5-2-6-3-|');
      const { deadlines, asking } = watching(stage);
      deadlines.reads({ first: 0, last: 3 });
      deadlines.reads({ first: 4, last: 8 });
      stage.gives(of(they).pipe(asking)).toBe('--1-5-2-6-3-|');
      stage.asks(they).toBe('1-5-2-6-3-7--');
    }, nine),
  );
});
