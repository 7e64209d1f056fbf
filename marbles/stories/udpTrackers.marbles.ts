import { map, NEVER, of, take } from 'rxjs';
import { describe, it } from 'vitest';
import { trackerPeers } from '../../src/discovery/trackers/trackerPeers.ts';
import type { HttpReply, PeerAddress } from '../../src/contracts/network.ts';
import { TrackerError } from '../../src/contracts/errors.ts';
import { announced, drawn } from '../index.ts';
import { punctual } from './trackerScene.ts';
import { URL_ONE, a, query, scene } from './udpTrackerScene.ts';

describe('udpTracker among other trackers', () => {
  const HTTP = 'http://two.example/announce';
  const totals = () => ({ uploaded: 0, downloaded: 0, left: 1 });
  const identity = {
    infoHash: query.infoHash,
    peerId: query.peerId,
    port: 6881,
    totals,
    wanted$: NEVER,
    completed$: NEVER,
    pace: punctual,
  };
  const b: PeerAddress = { host: '198.51.100.2', port: 6881, source: 'tracker' };
  const reply = announced(['198.51.100.2:6881']);

  it(
    'is asked when the one over HTTP is down, and hears goodbye',
    drawn((stage) => {
      const { env, asked } = scene(stage);
      const down = new TrackerError('unreachable', 'connection refused');
      const httpGet = () => stage.cold<HttpReply>('-#', {}, down);
      stage
        .gives(trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[HTTP], [URL_ONE]] }), '^--------!')
        .toBe('-----a', { a });
      stage
        .happens(asked)
        .toBe('                                                                                            -c-a-----a');
    }),
  );

  it(
    'makes room for the next tier after 1.5 s of silence, and is asked on all the same',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: () => false });
      const httpGet = () => stage.cold('-(b|)', { b: reply });
      stage
        .gives(trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[URL_ONE], [HTTP]] }), '^ 99s !')
        .toBe('1500ms -b', { b });
      stage.happens(asked).toBe('c 14999ms c 29999ms c');
    }),
  );

  it(
    'yields to the next one of its tier after 1.5 s of silence, and is left alone after 15 s when that one answers',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: () => false });
      const httpGet = () => stage.cold('-(b|)', { b: reply });
      const peers$ = trackerPeers({ ...env, httpGet, random: () => 0.5 }, { ...identity, tiers: [[URL_ONE, HTTP]] });
      stage.gives(peers$, '^ 99s !').toBe('1500ms -b', { b });
      stage.happens(asked).toBe('c');
    }),
  );

  it(
    'is asked after four and a half seconds when the three before it are dead, in one tier or in several',
    drawn((stage) => {
      const dead = ['198.51.100.66', '198.51.100.67', '198.51.100.68'].map((host) => `udp://${host}:80`);
      const { env, asked } = scene(stage);
      const one$ = trackerPeers({ ...env, random: () => 0.999 }, { ...identity, tiers: [[...dead, URL_ONE]] });
      stage.gives(one$.pipe(take(1))).toBe('4500ms ----(a|)', { a });
      const several$ = trackerPeers(env, {
        ...identity,
        wanted$: of(9),
        tiers: [...dead.map((url) => [url]), [URL_ONE]],
      });
      stage.gives(several$.pipe(take(1)), '10s ^').toBe('14500ms ----(a|)', { a });
      stage.happens(asked).toBe('c 1499ms c 1499ms c 1499ms c-a-a 5495ms c 1499ms c 1499ms c 1499ms c-a-a');
    }),
  );

  it(
    'may answer late, while no other does: as if it had been in time',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: (nth) => nth > 2 });
      stage
        .gives(trackerPeers(env, { ...identity, tiers: [[URL_ONE]] }).pipe(take(2)))
        .toBe('45s ---- a 1799999ms ----(a|)', { a });
      stage.happens(asked).toBe('c 14999ms c 29999ms c-a 1800s -c-a-a');
    }),
  );

  it(
    'may answer late, while the next one is being asked',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: (nth) => nth > 1 });
      const httpGet = () => stage.cold<HttpReply>('-');
      stage
        .gives(trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[URL_ONE], [HTTP]] }), '^ 99s !')
        .toBe('15s ----a', { a });
      stage.happens(asked).toBe('c 14999ms c-a 83997ms -c-a');
    }),
  );

  it(
    'is left after 3 s when it is silent to our goodbye',
    drawn((stage) => {
      const { env, network, asked } = scene(stage, { answers: (nth) => nth < 3 });
      const peers$ = trackerPeers(env, { ...identity, tiers: [[URL_ONE]] });
      const open$ = of(0).pipe(map(() => network.sockets - 1));
      stage.gives(peers$, '^ 99s !').toBe('                  ----a', { a });
      stage.gives(open$, '101s ^').toBe('101s (1|)', { 1: 1 });
      stage.gives(open$, '103s ^').toBe('103s (0|)', { 0: 0 });
      stage.happens(asked).toBe('c-a 98997ms -c');
    }),
  );

  it(
    'is told once that we are complete, also when we leave before it answers',
    drawn((stage) => {
      const completed$ = stage.hot('--------c');
      const { env, told } = scene(stage, { answers: (nth) => nth !== 3 });
      const peers$ = trackerPeers(env, { ...identity, completed$, tiers: [[URL_ONE]] });
      stage.gives(peers$, '^---------!').toBe('----a', { a });
      stage.happens(told).toBe('  --s-----d-x');
    }),
  );

  it(
    'is told so when we leave if there was no time for it: it had forgotten our connection id',
    drawn((stage) => {
      const completed$ = stage.hot('65s c');
      const { env, told } = scene(stage, { answers: (nth) => nth !== 3 });
      const peers$ = trackerPeers(env, { ...identity, completed$, tiers: [[URL_ONE]] });
      stage.gives(peers$, '^ 65s -!').toBe('----a', { a });
      stage.happens(told).toBe('  --s 65001ms d-x');
    }),
  );

  it(
    'is left at once when it is silent and we leave before it has heard of us',
    drawn((stage) => {
      const { env, network, asked } = scene(stage, { answers: () => false });
      const peers$ = trackerPeers(env, { ...identity, tiers: [[URL_ONE]] });
      stage.gives(peers$, '^ 20s !').toBe('-');
      stage.gives(of(0).pipe(map(() => network.sockets - 1)), '20001ms ^').toBe('20001ms (0|)', { 0: 0 });
      stage.happens(asked).toBe('c 14999ms c');
    }),
  );

  it(
    'says what is known of each tracker',
    drawn((stage) => {
      const { env } = scene(stage, { answers: (nth) => nth > 1 });
      const told: string[] = [];
      const httpGet = () => stage.cold<HttpReply>('-#', {}, new TrackerError('http-status', 'HTTP status 500'));
      const report = (event: { readonly type: string }) => void told.push(JSON.stringify(event));
      const peers$ = trackerPeers(
        { ...env, httpGet, random: () => 0.5 },
        { ...identity, tiers: [[HTTP, URL_ONE]], report },
      );
      stage.gives(peers$, '^ 16s !').toBe('15s -----a', { a });
      const status = (more: object) => JSON.stringify({ type: 'tracker', ...more });
      const warning = (code: string, message: string, url: string) =>
        JSON.stringify({ type: 'warning', code, message, url });
      const failed = (code: string, message: string) => ({ state: 'failing', failures: 1, error: { code, message } });
      const [one, two] = [
        { url: URL_ONE, tier: 0 },
        { url: HTTP, tier: 0 },
      ];
      const counts = { peers: 1, seeds: 4, leechers: 3 };
      stage.gives(of(told), '20s ^').toBe('20s (t|)', {
        t: [
          status({ ...two, state: 'asking', failures: 0 }),
          status({ ...two, ...failed('http-status', `${HTTP}: HTTP status 500`) }),
          warning('http-status', `${HTTP}: HTTP status 500`, HTTP),
          status({ ...one, state: 'asking', failures: 0 }),
          status({ ...one, ...failed('timeout', `${URL_ONE}: no answer within 15 s`) }),
          warning('timeout', `${URL_ONE}: no answer within 15 s`, URL_ONE),
          status({ ...one, state: 'working', failures: 0, lastAnswer: 15_005, nextAnnounce: 1_815_005, ...counts }),
          JSON.stringify({ type: 'announced', url: URL_ONE, peers: 1, interval: 1800, seeds: 4, leechers: 3 }),
        ],
      });
    }),
  );
});
