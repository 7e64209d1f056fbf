import { map, Subject, take, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn } from '../index.ts';
import { totals, scene, peers } from './trackerScene.ts';

describe('what trackers are told of a download', () => {
  it(
    'says completed at once, and only once',
    drawn((stage) => {
      const completed$ = stage.hot('-----c--c');
      const { peers$, one } = scene(stage, { one: ['-(n|)'], options: { completed$ } });
      stage.gives(peers$, '  ^ 9ms !').toBe('-');
      stage.happens(one).toBe('     s----c----x');
    }),
  );

  it(
    'says completed after the started that is under way',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['----(n|)'], options: { completed$: stage.hot('--c') } });
      stage.gives(peers$, '  ^---------!').toBe('-');
      stage.happens(one).toBe('     s---c-----x');
    }),
  );

  it(
    'says completed before stopped when there was no time for it',
    drawn((stage) => {
      const completed$ = new Subject<void>();
      const { peers$, one } = scene(stage, { one: ['(a|)', '----(n|)'], options: { completed$ } });
      stage
        .gives(
          peers$.pipe(
            tap(() => completed$.next()),
            take(1),
          ),
        )
        .toBe('(a|)', peers);
      stage.happens(one).toBe('(sc)x');
    }),
  );

  it(
    'says stopped even if nothing is said to completed',
    drawn((stage) => {
      const completed$ = new Subject<void>();
      const { peers$, one, overs } = scene(stage, { one: ['(a|)', '-'], options: { completed$ } });
      stage
        .gives(
          peers$.pipe(
            tap(() => completed$.next()),
            take(1),
          ),
        )
        .toBe('(a|)', peers);
      stage.happens(one).toBe('  (sc) 2996ms x');
      // All of it together takes 5 s at most.
      stage.happens(overs).toBe('o 2999ms o 1999ms o');
    }),
  );

  it(
    'does not say completed of what was complete from the start',
    drawn((stage) => {
      const completed$ = stage.hot('---c');
      const { peers$, one } = scene(stage, {
        one: ['(n|)'],
        options: { completed$, totals: () => ({ ...totals, left: 0 }) },
      });
      stage.gives(peers$, '  ^-------!').toBe('-');
      stage.happens(one).toBe('     s-------x');
    }),
  );

  it(
    'says paused with each announce of a partial seed (BEP 21), but not instead of started and stopped',
    drawn((stage) => {
      const { peers$, queries } = scene(stage, { one: ['(n|)'], options: { partial: () => stage.now() < 4_000_000 } });
      stage.gives(peers$, '  ^ 91m !').toBe('-');
      const events$ = timer(92 * 60_000).pipe(map(() => queries.map((query) => query.get('event'))));
      stage.gives(events$).toBe('92m (e|)', { e: ['started', 'paused', 'paused', null, 'stopped'] });
    }),
  );

  it(
    'sends stopped only to trackers that know us, and leaves silent ones after 5 s',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: ['#'], two: ['(b|)', '-'] });
      stage.gives(peers$, '  ^--!').toBe('b', peers);
      stage.happens(one).toBe('     s');
      stage.happens(two).toBe('     s--x');
    }),
  );

  it(
    'hangs up on a tracker that is being asked when unsubscribed',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['-----'] });
      stage.gives(peers$, '  ^--!').toBe('-');
      stage.happens(one).toBe('     s');
    }),
  );
});
