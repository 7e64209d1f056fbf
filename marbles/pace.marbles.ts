import { map, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { defaultPace, inTurn, paceOf, type TrackerPace } from '../src/discovery/pace.ts';
import { trackerPeers } from '../src/discovery/trackers/trackerPeers.ts';
import type { HttpReply } from '../src/contracts/network.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import { encode } from '../src/protocol/encoding/bencode.ts';
import { drawn, type Mark, type Stage } from './index.ts';

const pace: TrackerPace = {
  after: 0,
  atLeast: 20,
  stagger: 5,
  patience: 9,
  retry: { first: 100, most: 100 },
  spread: 0,
};
const reply: HttpReply = {
  status: 200,
  body: encode({ interval: 1800, peers: '', 'external ip': Uint8Array.of(9, 9, 9, 9) }),
  url: '',
};

/** Two trackers in that pace, while one peer is wanted: when each is asked, and where they say they see us. */
const scene = (stage: Stage, lanes: Readonly<Record<string, string>>, given: () => TrackerPace = () => pace) => {
  const asked: Record<string, Mark[]> = { one: [], two: [] };
  const seen: string[] = [];
  const httpGet = ({ url }: { readonly url: string }): Observable<HttpReply> => {
    const { host } = new URL(url);
    asked[host]?.push({ frame: stage.now(), kind: 'value', value: 'r' });
    return stage.cold(lanes[host] ?? '-', { r: reply }, new NetworkError('refused', 'there', 'gone'));
  };
  const peers$ = trackerPeers(
    { ...stage.world().env, httpGet, random: () => 0.5 },
    {
      infoHash: new Uint8Array(20),
      peerId: new Uint8Array(20),
      port: 6881,
      tiers: [['http://one/announce'], ['http://two/announce']],
      totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
      wanted$: of(1),
      completed$: NEVER,
      seenAs: (host) => void seen.push(host),
      pace: paceOf(() => ({ ...defaultPace, trackers: given() })).trackers,
    },
  );
  return { peers$, seen, one: asked['one'] ?? [], two: asked['two'] ?? [] };
};

describe('inTurn', () => {
  it(
    'asks a source when it is its turn',
    drawn((stage) => {
      const source = stage.cold('a-b|');
      stage.gives(source.pipe(inTurn({ after: 3 }))).toBe('---a-b|');
      stage.expectSubscriptions(source.subscriptions).toBe('---^--!');
    }),
  );

  it(
    'asks it at once if it is the first',
    drawn((stage) => {
      const source = stage.cold('a-b|');
      stage.gives(source.pipe(inTurn({ after: 0 }))).toBe('a-b|');
    }),
  );

  it(
    'waits on if that has become longer meanwhile',
    drawn((stage) => {
      const source = stage.cold('a-b|');
      const pace = {
        get after() {
          return stage.now() < 2 ? 3 : 5;
        },
      };
      stage.gives(source.pipe(inTurn(pace))).toBe('-----a-b|');
    }),
  );

  it(
    'never asks it if nobody listens any more',
    drawn((stage) => {
      const source = stage.cold('a-b|');
      stage.gives(source.pipe(inTurn({ after: 3 })), '^-!').toBe('-');
      stage.expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );
});

describe('trackers in another pace', () => {
  it(
    'are given up sooner, and all of them asked again sooner',
    drawn((stage) => {
      const { peers$, one, two } = scene(stage, { one: '-', two: '---#' });
      stage.gives(peers$, '^ 150ms !').toBe('-');
      stage.happens(one).toBe('r');
      stage.happens(two).toBe('-----r 102ms r');
    }),
  );

  it(
    'are asked sooner while peers are wanted, and say where they see us',
    drawn((stage) => {
      const { peers$, one, two, seen } = scene(stage, { one: '-(r|)', two: '' });
      stage.gives(peers$, '^ 30ms !').toBe('-');
      stage.happens(one).toBe('r 20ms r---------r');
      stage.happens(two).toBe('-----r');
      stage.gives(stage.cold('99ms x').pipe(map(() => seen))).toBe('99ms x', { x: ['9.9.9.9', '9.9.9.9'] });
    }),
  );

  it(
    'that changes are waited for as it says then, after each failure',
    drawn((stage) => {
      const given = (): TrackerPace => {
        const wait = stage.now() < 20 ? 10 : 50;
        return { ...pace, retry: { first: wait, most: wait } };
      };
      const { peers$, one, two } = scene(stage, { one: '#', two: '#' }, given);
      stage.gives(peers$, '^ 130ms !').toBe('-');
      stage.happens(one).toBe('r---------r---------r 49ms r 49ms r');
      stage.happens(two).toBe('r---------r---------r 49ms r 49ms r');
    }),
  );
});
