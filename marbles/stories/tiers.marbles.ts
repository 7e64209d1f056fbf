import { NEVER, of, take } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn } from '../index.ts';
import { ONE, peers, scene, THREE, totals, TWO } from './trackerScene.ts';

const tiers = [[ONE], [TWO], [THREE]];

describe('tiers beside each other', () => {
  it(
    'are asked one and a half seconds after each other while peers are wanted, though the first one answers',
    drawn((stage) => {
      const { peers$, one, two, three } = scene(stage, {
        one: ['-(n|)'],
        two: ['-(n|)'],
        three: ['-(a|)'],
        options: { tiers, wanted$: of(5) },
      });
      stage.gives(peers$.pipe(take(1))).toBe('3s -(a|)', peers);
      stage.happens(one).toBe('                s 3s x');
      stage.happens(two).toBe('                1500ms s 1500ms x');
      stage.happens(three).toBe('              3s sx');
    }),
  );

  it(
    'are left in peace by a torrent that has found enough in the first one',
    drawn((stage) => {
      const wanted$ = stage.hot('w 1s n', { w: 20, n: 0 });
      const { peers$, one, two } = scene(stage, { options: { wanted$ } });
      stage.gives(peers$, ' ^ 40m !').toBe('- a 1800s a', peers);
      stage.happens(one).toBe('    s 1800s r 599999ms x');
      stage.happens(two).toBe('    -');
    }),
  );

  it(
    'rest when there are enough, and go on when more are wanted again',
    drawn((stage) => {
      const wanted$ = stage.hot('w 10s n 3600s w', { w: 20, n: 0 });
      const { peers$, one, two } = scene(stage, { options: { wanted$ } });
      stage.gives(peers$, ' ^ 3620s !').toBe('- a 1499ms b 1798500ms a 1800s a 11499ms b', peers);
      stage.happens(one).toBe('    s 1800s r 1800s r 19998ms x');
      stage.happens(two).toBe('    1500ms s 3610001ms r 8498ms x');
    }),
  );

  it(
    'hear completed and stopped, each where we are known, though it is at rest',
    drawn((stage) => {
      const wanted$ = stage.hot('   w 2s n', { w: 20, n: 0 });
      const completed$ = stage.hot('5s c');
      const { peers$, one, two, three } = scene(stage, { options: { tiers, wanted$, completed$ } });
      stage.gives(peers$, ' ^ 9s !').toBe('- a 1499ms b 3499ms (ab)', peers);
      stage.happens(one).toBe('    s 4999ms c 4s x');
      stage.happens(two).toBe('    1500ms s 3499ms c 4s x');
      stage.happens(three).toBe('  -');
    }),
  );

  it(
    'are asked as soon as the one before has failed',
    drawn((stage) => {
      const { peers$, two, three } = scene(stage, {
        one: ['-(n|)'],
        two: ['--#'],
        three: ['-(a|)'],
        options: { tiers, wanted$: of(5) },
      });
      stage.gives(peers$.pipe(take(1))).toBe('1502ms -(a|)', peers);
      stage.happens(two).toBe('                1500ms s');
      stage.happens(three).toBe('              1502ms sx');
    }),
  );

  it(
    'are not asked because the first one, which has worked so far, is slow for once',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: ['-(a|)', '9s (a|)'], options: { wanted$: NEVER } });
      stage.gives(peers$, ' ^ 1820s !').toBe('- a 1808999ms a', peers);
      stage.happens(one).toBe('    s 1800s r 19999ms x');
      stage.happens(two).toBe('    -');
    }),
  );

  it(
    'may themselves say when they are asked again',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, {
        one: ['(m|)'],
        two: ['(b|)'],
        options: { wanted$: of(5), totals: () => totals },
      });
      stage.gives(peers$, ' ^ 100s !').toBe('a 1499ms b 59999ms b 28499ms a', peers);
      stage.happens(one).toBe('    s 89999ms r 10s x');
      stage.happens(two).toBe('    1500ms s 59999ms r 38500ms x');
    }),
  );
});

describe('dead trackers in a row', () => {
  it(
    'cost one and a half seconds each, not fifteen; the first that answers comes first from then on',
    drawn((stage) => {
      const { peers$, one, two, three } = scene(stage, {
        one: ['-'],
        two: ['-'],
        three: ['-(a|)'],
        options: { tiers: [[ONE, THREE, TWO]] },
      }); // chance changes their order
      stage.gives(peers$, '   ^ 1810s !').toBe('3s -a 1800s a', peers);
      stage.happens(one).toBe('      s');
      stage.happens(two).toBe('      1500ms s');
      stage.happens(three).toBe('    3s s 1800s r 6999ms x');
    }),
  );

  it(
    'may be alive after all: their late answers count, and they are told `stopped`',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: ['5s (a|)'], options: { tiers: [[ONE, TWO]] } });
      stage.gives(peers$, ' ^ 9s !').toBe('1500ms -b 3498ms a', peers);
      stage.happens(one).toBe('    s 9s x');
      stage.happens(two).toBe('    1500ms s 7500ms x');
    }),
  );

  it(
    'are waited for no longer than 15 s once another one of their tier has answered',
    drawn((stage) => {
      const { peers$, overs } = scene(stage, { one: ['-'], options: { tiers: [[ONE, TWO]] } });
      stage.gives(peers$, ' ^ 20s !').toBe('1500ms -b', peers);
      stage.happens(overs).toBe('  1500ms -o 13498ms o 5s -o');
    }),
  );
});
