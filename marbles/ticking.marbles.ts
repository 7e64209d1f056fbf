import { map, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { ticking } from '../operators/ticking.ts';
import { drawn, type Stage } from './index.ts';

/** Busy from the times on at which the lane has a `b`, and idle from those on at which it has an `i`. */
const business = (stage: Stage, lane: string): (() => boolean) => {
  let busy = true;
  stage.watch(stage.hot(lane).pipe(map((mark) => (busy = mark === 'b'))));
  return () => busy;
};
const t = { t: undefined };

describe('ticking', () => {
  it(
    'ticks as long as it is busy, sleeps until something stirs, and ticks at once then',
    drawn((stage) => {
      const busy = business(stage, '  b---i--------b--------i');
      const stirs = '               --------------s-----------s-';
      const ticks = '               ---t--t-------t--t--t--t--t--t';
      // It is still awake at the second stir: that one changes nothing.
      stage.gives(ticking(3, { busy, stirred$: stage.hot(stirs) }), '^ 29ms !').toBe(ticks, t);
    }),
  );

  it(
    'looks at nothing while it sleeps, however long that is',
    drawn((stage) => {
      let asked = 0;
      const busy = (): boolean => {
        asked++;
        return false;
      };
      stage.gives(ticking(3, { busy, stirred$: stage.hot('600m s') }), '^ 1000m !').toBe('---t 35999996ms t--t', t);
      stage.gives(timer(1000 * 60_000).pipe(map(() => asked))).toBe('1000m (n|)', { n: 2 });
    }),
  );

  it(
    'ticks for ever if nobody says when it is busy',
    drawn((stage) => {
      stage.gives(ticking(3), '^ 10ms !').toBe('---t--t--t', t);
    }),
  );

  it(
    'goes on when what stirs it is over, and fails with it',
    drawn((stage) => {
      stage.gives(ticking(3, { stirred$: stage.hot('-s|') }), '^ 7ms !').toBe('---t--t', t);
      stage.gives(ticking(3, { busy: () => false, stirred$: stage.hot('------#') })).toBe('---t--#', t);
    }),
  );

  it(
    'stops when it is left, awake or asleep',
    drawn((stage) => {
      const stirs = stage.hot('s------------');
      stage.gives(ticking(3, { stirred$: stirs }), '^---!').toBe('---t', t);
      stage.gives(ticking(3, { busy: () => false, stirred$: stirs }), '^-------!').toBe('---t', t);
      stage.expectSubscriptions(stirs.subscriptions).toBe(['^---!', '^-------!']);
    }),
  );
});
