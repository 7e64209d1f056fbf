import { map, merge, of, take, toArray } from 'rxjs';
import { describe, it } from 'vitest';
import { defaultPace, SPREAD } from '../../src/discovery/pace.ts';
import { drawn } from '../index.ts';
import { seeded } from '../random.ts';
import { ONE, peers, scene } from './trackerScene.ts';

const pace = defaultPace.trackers;

describe('announces that began together', () => {
  it(
    'do not stay together: each comes up to a tenth of the interval late, by chance, and never early',
    drawn((stage) => {
      const chances = [0, 0.25, 0.999];
      for (const chance of chances) {
        const { peers$ } = scene(stage, { one: ['(a|)'], options: { tiers: [[ONE]], pace }, random: () => chance });
        const wait = { 0: '1799999ms', 0.25: '1844999ms', 0.999: '1979819ms' }[chance];
        stage.gives(peers$.pipe(take(2))).toBe(`a ${wait} (a|)`, peers);
      }
    }),
  );

  it(
    'are spread further with each interval',
    drawn((stage) => {
      const random = seeded(7);
      const clients = Array.from({ length: 20 }, () =>
        scene(stage, { one: ['(a|)'], options: { tiers: [[ONE]], pace }, random }),
      );
      const times$ = merge(
        ...clients.map(({ peers$ }, nth) =>
          peers$.pipe(
            take(4),
            map(() => ({ nth, at: stage.now() })),
          ),
        ),
      ).pipe(toArray());
      const seen = times$.pipe(
        map((all) =>
          [1, 2, 3].map((round) => {
            const times = clients.map((_, nth) => all.filter((each) => each.nth === nth)[round]?.at ?? 0);
            const [first, last] = [Math.min(...times), Math.max(...times)];
            const early = first < round * 1_800_000;
            const late = last > round * 1_800_000 * (1 + SPREAD);
            return { early, late, apart: new Set(times.map((time) => Math.floor(time / 1000))).size > 15 };
          }),
        ),
      );
      const fair = { early: false, late: false, apart: true };
      stage.gives(seen).toBe('5783929ms (f|)', { f: [fair, fair, fair] });
    }),
  );

  it(
    'that come early because peers are wanted keep the min interval, and are spread, too',
    drawn((stage) => {
      const { peers$ } = scene(stage, {
        one: ['(m|)'],
        options: { tiers: [[ONE]], pace, wanted$: of(1) },
        random: () => 0.5,
      });
      stage.gives(peers$.pipe(take(2))).toBe('a 94499ms (a|)', peers);
    }),
  );

  it(
    'that a tracker has told to come back later do not come back together',
    drawn((stage) => {
      const { peers$, one } = scene(stage, {
        one: ['(f|)', '-(a|)'],
        options: { tiers: [[ONE]], pace },
        random: () => 0.5,
      });
      stage.gives(peers$.pipe(take(1))).toBe('126s -(a|)', peers);
      stage.happens(one).toBe('s 125999ms sx');
    }),
  );
});
