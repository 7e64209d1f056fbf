import { type Observable, take } from 'rxjs';
import { describe, it } from 'vitest';
import { AnnounceQueue, URGENCY, type Urgency } from '../src/discovery/trackers/announceQueue.ts';
import { DEAD_AFTER } from '../src/discovery/trackers/deadHosts.ts';
import { TrackerCommons } from '../src/discovery/trackers/trackerCommons.ts';
import { drawn, type Mark, type Stage } from './index.ts';
import { ONE, scene, TWO } from './stories/trackerScene.ts';

/**
 * Questions to hosts, two at one time and one to each host, and when each began: in capitals when others wait for the
 * same host.
 */
const asking = (stage: Stage, lane: string) => {
  const queue = new AnnounceQueue({ most: 2, mostPerHost: 1 });
  const began: Mark[] = [];
  const ask = (name: string, host: string, urgency: Urgency = URGENCY.other): Observable<string> =>
    queue.inTurn(host, urgency, (more) => {
      began.push({ frame: stage.now(), kind: 'value', value: more ? name.toUpperCase() : name });
      return stage.cold(lane, { r: name });
    });
  return { ask, began };
};

describe('the announces of all torrents', () => {
  it(
    'to one host go one after the other, those to other hosts beside them',
    drawn((stage) => {
      const { ask, began } = asking(stage, '--(r|)');
      stage.gives(ask('a', 'one')).toBe('--(a|)');
      stage.gives(ask('b', 'one')).toBe('----(b|)');
      stage.gives(ask('c', 'two'), '-^').toBe('---(c|)');
      stage.gives(ask('d', 'one'), '-^').toBe('------(d|)');
      stage.happens(began).toBe('acB-d');
    }),
  );

  it(
    'wait for each other when many hosts are asked, too, and those of a torrent that needs peers come first',
    drawn((stage) => {
      const { ask, began } = asking(stage, '----|');
      stage.gives(ask('a', 'one')).toBe('----|');
      stage.gives(ask('b', 'two'), '-^').toBe('-----|');
      stage.gives(ask('c', 'three'), '--^').toBe('------------|');
      stage.gives(ask('d', 'four', URGENCY.active), '---^').toBe('---------|');
      stage.gives(ask('e', 'five', URGENCY.goodbye), '---^').toBe('--------|');
      stage.happens(began).toBe('ab--ed--c');
    }),
  );

  it(
    'leave the queue when unsubscribed, and free their place when given up under way',
    drawn((stage) => {
      const { ask, began } = asking(stage, '-');
      stage.gives(ask('a', 'one'), '^----!').toBe('-');
      stage.gives(ask('b', 'one'), '^--!').toBe('-');
      stage.gives(ask('c', 'one'), '-^------!').toBe('-');
      stage.happens(began).toBe('a----c');
    }),
  );

  it(
    'keep later ones waiting for fifteen seconds at most, however silent a tracker is',
    drawn((stage) => {
      const { ask, began } = asking(stage, '20s (r|)');
      stage.gives(ask('a', 'one')).toBe('20s (a|)');
      stage.gives(ask('b', 'one')).toBe('35s (b|)');
      stage.happens(began).toBe('a 14999ms b');
    }),
  );
});

describe('two torrents of one process', () => {
  it(
    'have their turns at one tracker, and no time runs against a tracker before its turn',
    drawn((stage) => {
      const commons = new TrackerCommons();
      const tiers = [[ONE]];
      // Four places are taken for ten seconds.
      const slow = Array.from({ length: 4 }, () => scene(stage, { one: ['10s (n|)'], options: { commons, tiers } }));
      for (const { peers$ } of slow) stage.gives(peers$, '^ 60s !').toBe('-');
      const { peers$, one, two } = scene(stage, { options: { commons, tiers: [[ONE, TWO]] } });
      stage.gives(peers$.pipe(take(1))).toBe('10s -(a|)', { a: { host: '10.0.0.1', port: 6881, source: 'tracker' } });
      stage.happens(one).toBe('10s sx');
      stage.happens(two).toBe('-');
    }),
  );

  it(
    'do not each call a dead tracker: after eight vain calls a seed asks the next at once, one that needs peers calls',
    drawn((stage) => {
      const commons = new TrackerCommons();
      const nothing = { uploaded: 0, downloaded: 0, left: 0 };
      const asking = (left: number, start: string) => {
        const { peers$, one, two } = scene(stage, {
          one: ['#'],
          two: ['(a|)'],
          options: { commons, tiers: [[ONE, TWO]], totals: () => ({ ...nothing, left }) },
        });
        stage
          .gives(peers$.pipe(take(1)), start)
          .toBe('-(a|)'.slice(start.length > 1 ? 0 : 1), { a: { host: '10.0.0.1', port: 6881, source: 'tracker' } });
        return { one, two };
      };
      const all = Array.from({ length: DEAD_AFTER }, () => asking(0, '^'));
      for (const { one } of all) stage.happens(one).toBe('s');
      const seed = asking(0, '-^');
      stage.happens(seed.one).toBe('-');
      stage.happens(seed.two).toBe('-(sx)');
      const lacking = asking(1, '-^');
      stage.happens(lacking.one).toBe('-s');
    }),
  );
});
