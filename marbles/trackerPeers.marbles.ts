import { NEVER, Subject, type Observable, of, take, takeUntil, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { trackerPeers, type TrackerPeersOptions } from '../src/discovery/trackerPeers.ts';
import type { HttpReply, PeerAddress, Warning } from '../src/env.ts';
import { TrackerError } from '../src/errors.ts';
import { encode, type Encodable } from '../src/protocol/bencode.ts';
import { encodePeers } from '../src/protocol/compact.ts';
import type { Mark } from './lane.ts';
import { drawn, type Stage } from './index.ts';

const a: PeerAddress = { host: '10.0.0.1', port: 6881, source: 'tracker' };
const b: PeerAddress = { host: '10.0.0.2', port: 6881, source: 'tracker' };
const ONE = 'http://one.example/announce';
const TWO = 'http://two.example/announce';
const down = new TrackerError('unreachable', 'connection refused');
const totals = { uploaded: 1, downloaded: 2, left: 3 };

const http = (reply: Encodable): HttpReply => ({ status: 200, body: encode(reply), url: ONE });
const knows = (peers: readonly PeerAddress[], more: Readonly<Record<string, Encodable>> = {}) =>
  http({ interval: 1800, peers: encodePeers(peers, 4), ...more });
const replies = {
  a: knows([a]),
  b: knows([b]),
  n: knows([]),
  z: knows([a], { interval: 0 }),
  m: knows([a], { 'min interval': 90, 'tracker id': 'T' }),
  f: http({ 'failure reason': 'full', 'retry in': '2' }),
  g: http({ 'failure reason': 'gone', 'retry in': 'never' }),
};

/** What we said: started, completed, stopped, or an announce of no event. */
const LETTERS: Readonly<Record<string, string>> = { started: 's', completed: 'c', stopped: 'x' };

interface Scene {
  /** How each tracker answers, one lane an announce; the last one again and again. */
  readonly one?: readonly string[];
  readonly two?: readonly string[];
  readonly options?: Partial<TrackerPeersOptions>;
}

/** Trackers that answer as drawn, and what each was told. */
const scene = (stage: Stage, { one = ['-(a|)'], two = ['-(b|)'], options = {} }: Scene) => {
  const lanes: Record<string, string[]> = { 'one.example': [...one], 'two.example': [...two] };
  const told: Record<string, Mark[]> = { 'one.example': [], 'two.example': [] };
  const queries: URLSearchParams[] = [];
  const warnings: Warning[] = [];
  const httpGet = ({ url }: { readonly url: string }): Observable<HttpReply> => {
    const { host, searchParams } = new URL(url);
    const left = lanes[host] ?? [];
    queries.push(searchParams);
    told[host]?.push({ frame: stage.now(), kind: 'value', value: LETTERS[searchParams.get('event') ?? ''] ?? 'r' });
    return stage.cold((left.length > 1 ? left.shift() : left[0]) ?? '-', replies, down);
  };
  const peers$ = trackerPeers(
    { ...stage.world().env, httpGet, random: () => 0.5, randomBytes: (length) => new Uint8Array(length).fill(7) },
    {
      infoHash: new Uint8Array(20),
      peerId: new Uint8Array(20),
      port: 6881,
      tiers: [[ONE], [TWO]],
      totals: () => totals,
      wanted$: NEVER,
      completed$: NEVER,
      report: (event) => event.type === 'warning' && warnings.push(event),
      ...options,
    },
  );
  return { peers$, queries, warnings, one: told['one.example'] ?? [], two: told['two.example'] ?? [] };
};

const peers = { a, b };

describe('trackerPeers', () => {
  it(
    'completes without a tracker, and with none that it can talk to',
    drawn((stage) => {
      const silent = scene(stage, { options: { tiers: [[]] } });
      const foreign = scene(stage, { options: { tiers: [['wss://one.example:80/announce'], ['no URL']] } });
      stage.gives(silent.peers$).toBe('|');
      stage.gives(foreign.peers$).toBe('|');
      stage.gives(of(foreign.warnings), '1ms ^').toBe('-(w|)', {
        w: [
          { type: 'warning', code: 'unsupported-scheme', message: 'wss://one.example:80/announce: not asked, only http, https and udp are supported' },
          { type: 'warning', code: 'unsupported-scheme', message: 'no URL: not asked, only http, https and udp are supported' },
        ],
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
    'falls over to the next tier at once, and comes back to the first with the next announce',
    drawn((stage) => {
      const { peers$, one, two, warnings } = scene(stage, { one: ['--#', '-(a|)'] });
      stage.gives(peers$, '  ^ 1799999ms -----!').toBe('---b 1799999ms -a', peers);
      stage.happens(one).toBe('     s 1799999ms ---s-x');
      stage.happens(two).toBe('     --s 1799999ms ---x');
      stage.gives(of(warnings), '5ms ^').toBe('5ms (w|)', { w: [{ type: 'warning', code: 'unreachable', message: `${ONE}: connection refused` }] });
    }),
  );

  it(
    'waits twice as long each time when none answers',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: ['-#'], two: ['-#', '-#', '-#', '-(b|)'] });
      stage.gives(peers$, '  ^ 36s !').toBe('35s 8ms b', peers);
      stage.happens(one).toBe('     s 4999ms --s 9999ms --s 19999ms --s');
      stage.happens(two).toBe('     -s 4999ms --s 9999ms --s 19999ms --s 992ms -x');
    }),
  );

  it(
    'comes early while peers are wanted, less and less often, and never before a minute',
    drawn((stage) => {
      const wanted$ = stage.hot('10s w 500s n', { w: 5, n: 0 });
      const { peers$, one } = scene(stage, { one: ['(a|)'], options: { wanted$ } });
      stage.gives(peers$.pipe(take(4))).toBe('a 59999ms a 119999ms a 239999ms (a|)', peers);
      stage.happens(one).toBe('                     s 59999ms r 119999ms r 239999ms (rx)');
    }),
  );

  it(
    'keeps to the min interval of a tracker',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['(m|)'], options: { wanted$: of(1) } });
      stage.gives(peers$.pipe(take(2))).toBe('a 89999ms (a|)', peers);
      stage.happens(one).toBe('                     s 89999ms (rx)');
    }),
  );

  it(
    'takes an interval of 0 for 30 s',
    drawn((stage) => {
      const { peers$ } = scene(stage, { one: ['(z|)'], options: { wanted$: of(9) } });
      stage.gives(peers$.pipe(take(3))).toBe('a 29999ms a 29999ms (a|)', peers);
    }),
  );

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
      const { peers$, one } = scene(stage, { one: ['(a|)', '-'], options: { completed$ } });
      stage
        .gives(
          peers$.pipe(
            tap(() => completed$.next()),
            take(1),
          ),
        )
        .toBe('(a|)', peers);
      stage.happens(one).toBe('(sc) 2996ms x');
    }),
  );

  it(
    'does not say completed of what was complete from the start',
    drawn((stage) => {
      const completed$ = stage.hot('---c');
      const { peers$, one } = scene(stage, { one: ['(n|)'], options: { completed$, totals: () => ({ ...totals, left: 0 }) } });
      stage.gives(peers$, '  ^-------!').toBe('-');
      stage.happens(one).toBe('     s-------x');
    }),
  );

  it(
    'says stopped only to those who know us, and leaves after 5 s whoever is silent',
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

  it(
    'leaves a tracker alone for as long as it asks, BEP 31',
    drawn((stage) => {
      const { peers$, one } = scene(stage, { one: ['(f|)', '(a|)'], options: { tiers: [[ONE]] } });
      stage.gives(peers$.pipe(take(1))).toBe('2m (a|)', peers);
      stage.happens(one).toBe('              s 119999ms (sx)');
    }),
  );

  it(
    'never asks again who says never, and completes when all do',
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
      const { peers$, one, two } = scene(stage, { one: ['#'], two: ['(b|)'], options: { wanted$: of(1), tiers: [[ONE, TWO]] } });
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
      stage.gives(scene(stage, { options: { wanted$: stage.hot<number>('#', undefined, defect) } }).peers$).toBe('#', undefined, defect);
    }),
  );

  it(
    'may be unsubscribed by what it reports',
    drawn((stage) => {
      const enough$ = new Subject<void>();
      const { peers$, one } = scene(stage, { one: ['-(a|)'], options: { report: ({ type }) => type === 'announced' && enough$.next() } });
      stage.gives(peers$.pipe(takeUntil(enough$))).toBe('-|');
      stage.happens(one).toBe('sx');
    }),
  );

  it('tells the truth, and who we are', () => {
    let said: readonly URLSearchParams[] = [];
    drawn((stage) => {
      const { peers$, queries } = scene(stage, { one: ['(m|)'] });
      stage.gives(peers$, '^ 2s !').toBe('a', peers);
      said = queries;
    })();
    const [started, stopped] = said.map((query) => Object.fromEntries(query));
    expect(started).toMatchObject({ event: 'started', uploaded: '1', downloaded: '2', left: '3', port: '6881', numwant: '200', key: '07070707' });
    expect(stopped).toMatchObject({ event: 'stopped', numwant: '0', key: '07070707', trackerid: 'T' });
  });
});
