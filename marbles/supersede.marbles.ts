import { concat, merge, NEVER, of, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import { supersede } from '../operators/supersede.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { drawn, type Mark, type Stage } from './index.ts';

/**
 * A newer connection begins at once; what is decided about the older one, if there is one: `b` both live, `s` it is
 * silent.
 */
const decisions = (stage: Stage, older: Peer | undefined, newer: Peer, lane = '^ 1m !'): readonly Mark[] => {
  const marks: Mark[] = [];
  const decided = (_: Peer, __: Peer, lives: boolean) =>
    void marks.push({ frame: stage.now(), kind: 'value', value: lives ? 'b' : 's' });
  stage.gives(merge(of(newer), NEVER).pipe(supersede({ older: () => older, decided })), lane).toBe('-');
  return marks;
};

describe('supersede', () => {
  it(
    'decides for the newer connection when the older one says nothing for five seconds, and asks it before',
    drawn((stage) => {
      const older = stage.peer('-');
      stage.happens(decisions(stage, older, stage.peer('-'))).toBe('5s s');
      stage.sends(older).toBe('                                      K');
    }),
  );

  it(
    'finds that both live when the older one says anything',
    drawn((stage) => {
      const older = stage.peer('                                     --1-2-C');
      stage.happens(decisions(stage, older, stage.peer('-'))).toBe('--b');
    }),
  );

  it(
    'decides nothing when the older one ends, whatever ended it, or when the newer one does',
    drawn((stage) => {
      stage.happens(decisions(stage, stage.peer('--|'), stage.peer('-'))).toBe('-');
      const reset = {
        ...stage.peer('-'),
        messages$: concat(
          stage.cold<never>('--|'),
          throwError(() => new Error('reset')),
        ),
      };
      stage.happens(decisions(stage, reset, stage.peer('-'))).toBe('-');
      stage.happens(decisions(stage, stage.peer('-'), stage.peer('-'), '^-!')).toBe('-');
    }),
  );

  it(
    'says nothing to anybody where there is no older one',
    drawn((stage) => {
      const newer = stage.peer('-');
      stage.happens(decisions(stage, undefined, newer)).toBe('-');
      stage.sends(newer).toBe('-');
    }),
  );
});
