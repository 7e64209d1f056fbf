import { finalize, NEVER, type Observable } from 'rxjs';
import { defaultPace, type TrackerPace } from '../../src/discovery/pace.ts';
import { trackerPeers, type TrackerPeersOptions } from '../../src/discovery/trackers/trackerPeers.ts';
import type { Warning } from '../../src/contracts/events.ts';
import type { HttpReply, PeerAddress } from '../../src/contracts/network.ts';
import { TrackerError } from '../../src/contracts/errors.ts';
import { encode, type Encodable } from '../../src/protocol/encoding/bencode.ts';
import { encodePeers } from '../../src/protocol/encoding/compact.ts';
import type { Mark } from '../lane.ts';
import type { Stage } from '../index.ts';

export const a: PeerAddress = { host: '10.0.0.1', port: 6881, source: 'tracker' };
export const b: PeerAddress = { host: '10.0.0.2', port: 6881, source: 'tracker' };
export const ONE = 'http://one.example/announce';
export const TWO = 'http://two.example/announce';
export const THREE = 'http://three.example/announce';
export const down = new TrackerError('unreachable', 'connection refused');
export const totals = { uploaded: 1, downloaded: 2, left: 3 };

export const http = (reply: Encodable): HttpReply => ({ status: 200, body: encode(reply), url: ONE });
export const knows = (peers: readonly PeerAddress[], more: Readonly<Record<string, Encodable>> = {}) =>
  http({ interval: 1800, peers: encodePeers(peers, 4), ...more });
export const replies = {
  a: knows([a]),
  b: knows([b]),
  n: knows([]),
  z: knows([a], { interval: 0 }),
  m: knows([a], { 'min interval': 90, 'tracker id': 'T' }),
  f: http({ 'failure reason': 'full', 'retry in': '2' }),
  g: http({ 'failure reason': 'gone', 'retry in': 'never' }),
  i: http({ 'failure reason': 'busy', interval: 3600 }),
  p: http({ 'failure reason': 'invalid port' }),
  u: http({ 'failure reason': 'not supported: import it' }),
  v: knows([a], { 'warning message': 'moving soon' }),
  '1': http({ 'failure reason': 'wait 35 s' }),
  '2': http({ 'failure reason': 'wait 30 s' }),
  '3': http({ 'failure reason': 'closed' }),
  y: http({
    interval: 1800,
    peers: [a, { host: 'seed.example', port: 7000 }, { host: 'inside.example', port: 7000 }].map(({ host, port }) => ({
      ip: host,
      port,
    })),
  }),
};

/** Without the spread by chance, so that drawings have round numbers. */
export const punctual: TrackerPace = { ...defaultPace.trackers, spread: 0 };

/** What we said: started, completed, stopped, or an announce of no event. */
export const LETTERS: Readonly<Record<string, string>> = { started: 's', completed: 'c', stopped: 'x' };

/** Where peers are that are given by names. */
const NAMES = { 'seed.example': ['203.0.113.7'], 'inside.example': ['192.168.0.7'] };

export interface Scene {
  /** How each tracker answers, one lane an announce; the last one again and again. */
  readonly one?: readonly string[];
  readonly two?: readonly string[];
  readonly three?: readonly string[];
  readonly options?: Partial<TrackerPeersOptions>;
  /** ½ if not given. */
  readonly random?: () => number;
}

/** Trackers that answer as drawn: a lane an announce, by their hosts. */
const drawnTrackers = (stage: Stage, lanes: Readonly<Record<string, readonly string[]>>) => {
  const left = new Map(Object.entries(lanes).map(([host, each]) => [host, [...each]]));
  const told = new Map(Object.keys(lanes).map((host): [string, Mark[]] => [host, []]));
  const queries: URLSearchParams[] = [];
  const overs: Mark[] = [];
  const httpGet = ({ url }: { readonly url: string }): Observable<HttpReply> => {
    const { host, searchParams } = new URL(url);
    const lanes = left.get(host) ?? [];
    queries.push(searchParams);
    const letter = LETTERS[searchParams.get('event') ?? ''] ?? 'r';
    told.get(host)?.push({ frame: stage.now(), kind: 'value', value: letter });
    const answer$ = stage.cold((lanes.length > 1 ? lanes.shift() : lanes[0]) ?? '-', replies, down);
    return answer$.pipe(finalize(() => overs.push({ frame: stage.now(), kind: 'value', value: 'o' })));
  };
  return { httpGet, queries, overs, toldTo: (host: string): readonly Mark[] => told.get(host) ?? [] };
};

/** Trackers that answer as drawn, what each was told, and when a question was over: `o`. */
export const scene = (
  stage: Stage,
  { one = ['-(a|)'], two = ['-(b|)'], three = ['-(a|)'], options = {}, random = () => 0.5 }: Scene,
) => {
  const trackers = drawnTrackers(stage, { 'one.example': one, 'two.example': two, 'three.example': three });
  const { httpGet, queries, overs } = trackers;
  const warnings: Warning[] = [];
  const { env } = stage.world({ udp: { names: NAMES } });
  const peers$ = trackerPeers(
    { ...env, httpGet, random, randomBytes: (length) => new Uint8Array(length).fill(7) },
    {
      infoHash: new Uint8Array(20),
      peerId: new Uint8Array(20),
      port: 6881,
      tiers: [[ONE], [TWO]],
      totals: () => totals,
      wanted$: NEVER,
      completed$: NEVER,
      pace: punctual,
      report: (event) => event.type === 'warning' && warnings.push(event),
      ...options,
    },
  );
  return {
    ...{ peers$, queries, warnings, overs },
    one: trackers.toldTo('one.example'),
    two: trackers.toldTo('two.example'),
    three: trackers.toldTo('three.example'),
  };
};

export const peers = { a, b };
