import { interval, map, Subject, of, take, takeUntil, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn } from './index.ts';
import { ONE, TWO, scene, peers } from './stories/trackerScene.ts';

describe('trackerPeers', () => {
  it(
    'completes without a tracker, and with none that it can talk to',
    drawn((stage) => {
      const silent = scene(stage, { options: { tiers: [[]] } });
      const foreign = scene(stage, { options: { tiers: [['wss://one.example:80/announce'], ['no URL']] } });
      stage.gives(silent.peers$).toBe('|');
      stage.gives(foreign.peers$).toBe('|');
      stage.gives(of(foreign.warnings), '1ms ^').toBe('-(w|)', {
        w: ['wss://one.example:80/announce', 'no URL'].map((url) => ({
          type: 'warning',
          code: 'unsupported-scheme',
          message: `${url}: not announced to: only http, https and udp are supported`,
          url,
        })),
      });
    }),
  );

  it(
    'says started, asks again after the interval, and says stopped when unsubscribed',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, {});
      stage.gives(peers$, '  ^ 1799999ms ---!').toBe('- a 1799999ms -a', peers);
      stage.happens(one).toBe('     s 1799999ms -r-x');
      stage.happens(two).toBe('     -');
    }),
  );

  it(
    'falls over to the next tier at once, and leaves it in peace when the first one works again',
    drawn((stage) => {
      const { peers$, one, two, warnings } = scene(stage, { one: ['--#', '-(a|)'] });
      stage.gives(peers$, '  ^ 1860s !').toBe('---b 4999ms a 1800s a', peers);
      stage.happens(one).toBe('     s 5001ms s 1800s r 54997ms x');
      stage.happens(two).toBe('     --s 1859998ms x');
      stage.gives(of(warnings), '5ms ^').toBe('5ms (w|)', {
        w: [{ type: 'warning', code: 'unreachable', message: `${ONE}: connection refused`, url: ONE }],
      });
    }),
  );

  it(
    'waits twice as long each time when none answers',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: ['-#'], two: ['-#', '-#', '-#', '-(b|)'] });
      stage.gives(peers$, '  ^ 36s !').toBe('35s -----b', peers);
      stage.happens(one).toBe('     s 5s s 10s s 20s s');
      stage.happens(two).toBe('     -s 5s s 10s s 20s s 995ms -x');
    }),
  );

  it(
    'comes early while peers are wanted, less and less often, and never before a minute',
    drawn((stage) => {
      const wanted$ = stage.hot('10s w 500s n', { w: 5, n: 0 });
      const { peers$, one } = scene(stage, { one: ['(a|)'], options: { wanted$, tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(4))).toBe('a 59999ms a 119999ms a 239999ms (a|)', peers);
      stage.happens(one).toBe('                     s 59999ms r 119999ms r 239999ms (rx)');
    }),
  );

  it(
    'comes less and less often, too, while now none are wanted and now one is',
    drawn((stage) => {
      const wanted$ = interval(10_000).pipe(map((nth) => nth % 2));
      const { peers$, one } = scene(stage, { one: ['(a|)'], options: { wanted$, tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(4))).toBe('a 59999ms a 119999ms a 239999ms (a|)', peers);
      stage.happens(one).toBe('                     s 59999ms r 119999ms r 239999ms (rx)');
    }),
  );

  it(
    'keeps to the min interval of a tracker',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['(m|)'], options: { wanted$: of(1), tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(2))).toBe('a 89999ms (a|)', peers);
      stage.happens(one).toBe('                     s 89999ms (rx)');
    }),
  );

  it(
    'takes an interval of 0 for 30 s',
    drawn((stage) => {
      const { peers$ } = scene(stage, { one: ['(z|)'], options: { wanted$: of(9), tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(3))).toBe('a 29999ms a 29999ms (a|)', peers);
    }),
  );

  it(
    'leaves a tracker alone for as long as it asks, BEP 31',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['(f|)', '(a|)'], options: { tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(1))).toBe('2m (a|)', peers);
      stage.happens(one).toBe('              s 119999ms (sx)');
    }),
  );

  it(
    'leaves a tracker alone for as long as the interval that it gives with its refusal',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['(i|)', '(a|)'], options: { tiers: [[ONE]], wanted$: of(5) } });
      stage.gives(peers$.pipe(take(1))).toBe('60m (a|)', peers);
      stage.happens(one).toBe('              s 3599999ms (sx)');
    }),
  );

  it(
    'announces port 0 when peers can not connect to us, and port 1 to a tracker that insists on one',
    drawn((stage) => {
      const { peers$, one, queries } = scene(stage, { one: ['--(p|)', '-(n|)'], options: { tiers: [[ONE]], port: 0 } });
      stage.gives(peers$, '^ 31m !').toBe('-');
      stage.happens(one).toBe('s-s 1800s r 59997ms x');
      const ports$ = timer(32 * 60_000).pipe(map(() => queries.map((query) => query.get('port')).join(' ')));
      stage.gives(ports$).toBe('32m (p|)', { p: '0 1 1 1' });
    }),
  );

  it(
    'does not ask again for the sake of the port when the refusal is about something else',
    drawn((stage) => {
      const { peers$, one, queries } = scene(stage, { one: ['(u|)'], options: { tiers: [[ONE]], port: 0 } });
      stage.gives(peers$, '^ 4s !').toBe('-');
      stage.happens(one).toBe('s');
      stage
        .gives(timer(1).pipe(map(() => queries.map((query) => query.get('port')).join(' '))))
        .toBe('-(p|)', { p: '0' });
    }),
  );

  it(
    'looks up peers that are given by name, except names of distant trackers that lead into our network',
    drawn((stage) => {
      const { peers$ } = scene(stage, { one: ['-(y|)'], options: { tiers: [[ONE]] } });
      stage
        .gives(peers$, '^ 1s !')
        .toBe('-(as)', { ...peers, s: { host: '203.0.113.7', port: 7000, source: 'tracker' } });
    }),
  );

  it(
    'never again asks a tracker that says never, and completes when all do',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: ['(g|)'], two: ['(n|)', '(g|)'] });
      stage.gives(peers$).toBe('30m |');
      stage.happens(one).toBe(' s');
      stage.happens(two).toBe(' s 1799999ms r');
    }),
  );

  it(
    'asks the tracker that answered first while another one of its kind is down',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, {
        one: ['#'],
        two: ['(b|)'],
        options: { wanted$: of(1), tiers: [[ONE, TWO]] },
      });
      stage.gives(peers$, '  ^ 100s !').toBe('b 59999ms b', peers);
      stage.happens(one).toBe('     s');
      stage.happens(two).toBe('     s 59999ms r 39999ms -x');
    }),
  );

  it(
    'passes on the error of a defect',
    drawn((stage) => {
      const defect = new TypeError('a defect');
      const report = ({ type }: { readonly type: string }) => {
        if (type === 'announced') throw defect;
      };
      stage.gives(scene(stage, { one: ['--(a|)'], options: { report } }).peers$).toBe('--#', undefined, defect);
      stage
        .gives(scene(stage, { options: { wanted$: stage.hot<number>('#', undefined, defect) } }).peers$)
        .toBe('#', undefined, defect);
    }),
  );

  it(
    'may be unsubscribed by what it reports',
    drawn((stage) => {
      const enough$ = new Subject<void>();
      const { peers$, one } = scene(stage, {
        one: ['-(a|)'],
        options: { report: ({ type }) => type === 'announced' && enough$.next() },
      });
      stage.gives(peers$.pipe(takeUntil(enough$))).toBe('-|');
      stage.happens(one).toBe('sx');
    }),
  );

  it('tells the tracker our counters and our peer id', () => {
    let said: readonly URLSearchParams[] = [];
    drawn((stage) => {
      const { peers$, queries } = scene(stage, { one: ['(m|)'] });
      stage.gives(peers$, '^ 2s !').toBe('a', peers);
      said = queries;
    })();
    const [started, stopped] = said.map((query) => Object.fromEntries(query));
    expect(started).toMatchObject({
      event: 'started',
      uploaded: '1',
      downloaded: '2',
      left: '3',
      port: '6881',
      numwant: '200',
      key: '07070707',
    });
    expect(stopped).toMatchObject({ event: 'stopped', numwant: '0', key: '07070707', trackerid: 'T' });
  });
});
