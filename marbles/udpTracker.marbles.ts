import { ignoreElements, map, NEVER, type Observable, of, take, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { trackerPeers } from '../src/discovery/trackerPeers.ts';
import { announceOverUdp, askOverUdp, UdpMemory } from '../src/discovery/udpTracker.ts';
import type { Datagram, HttpReply, PeerAddress, UdpEndpoint, UdpSocket } from '../src/env.ts';
import { TrackerError } from '../src/errors.ts';
import { encodePeers } from '../src/protocol/compact.ts';
import type { AnnounceQuery } from '../src/protocol/httpTracker.ts';
import { encodeScrape } from '../src/protocol/udpTracker.ts';
import type { Mark } from './lane.ts';
import { announced, drawn, DrawnUdp, type Stage, type UdpNetworkOptions } from './index.ts';

const URL_ONE = 'udp://one.example:80/announce';
const AT = { host: '203.0.113.1', port: 80 };
const AT6 = { host: '2001:db8::5', port: 80 };
const a: PeerAddress = { host: '198.51.100.1', port: 6881, source: 'tracker' };
const six: PeerAddress = { host: '2001:db8::6', port: 6881, source: 'tracker' };
const names = { 'one.example': [AT.host], 'six.example': [AT6.host], 'both.example': [AT6.host, AT.host], 'inside.example': ['10.0.0.7'] };
const query: AnnounceQuery = { infoHash: new Uint8Array(20).fill(1), peerId: new Uint8Array(20), port: 6881, uploaded: 0, downloaded: 0, left: 1 };

const packet = (...parts: readonly (number | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from(Uint32Array.of(part).buffer).swap32() : part))));
const word = (bytes: Uint8Array, at: number): number => Buffer.from(bytes).readUInt32BE(at);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** `c` connect, `a` announce, `s` scrape, as they leave us. */
const ASKED: Readonly<Record<number, string>> = { 0: 'c', 1: 'a', 2: 's' };

interface Manners {
  readonly udp?: UdpNetworkOptions;
  /** Whether the nth packet that comes is answered. */
  readonly answers?: (nth: number) => boolean;
  /** What it says instead, or besides. */
  readonly says?: (asked: Uint8Array, nth: number) => readonly Uint8Array[] | undefined;
  readonly peers?: Uint8Array;
  readonly at?: UdpEndpoint;
}

const honest = (asked: Uint8Array, id: number, peers: Uint8Array): Uint8Array => {
  const action = word(asked, 8);
  if (action === 0) return packet(0, word(asked, 12), id, id);
  return action === 1 ? packet(1, word(asked, 12), 1800, 3, 4, peers) : packet(2, word(asked, 12), 7, 8, 9);
};

/** A UDP tracker, and when it was asked what. Whatever is answered takes 1 ms there and 1 ms back. */
const scene = (stage: Stage, { udp = {}, answers = () => true, says = () => undefined, peers = encodePeers([a], 4), at = AT }: Manners = {}) => {
  const asked: Mark[] = [];
  const watch = ({ bytes, from }: Datagram): void => {
    if (from.host !== at.host) asked.push({ frame: stage.now(), kind: 'value', value: ASKED[word(bytes, 8)] });
  };
  const network = new DrawnUdp({ latency: 1, names, watch, ...udp }, stage.ledger);
  network.plays(at, ({ bytes }, nth) => (answers(nth) ? (says(bytes, nth) ?? honest(bytes, 5, peers)) : undefined));
  const { env } = stage.world({ udp: network });
  return { env, network, asked };
};

const hosts = (replies: Observable<{ readonly peers: readonly { readonly host: string }[] }>) =>
  replies.pipe(map(({ peers }) => peers.map(({ host }) => host).join(' ')));
const values = { a: a.host, s: six.host, n: '' };

describe('udpTracker', () => {
  it(
    'connects, announces, and keeps the connection for a minute',
    drawn((stage) => {
      const { env, asked } = scene(stage);
      const announce = announceOverUdp(env);
      const reply$ = hosts(announce(URL_ONE, query));
      stage.gives(reply$).toBe('                    ----(a|)', values);
      stage.gives(reply$, '-----^').toBe('               -------(a|)', values);
      stage.gives(reply$, '59s ^').toBe('                59s --(a|)', values);
      stage.gives(reply$, '61s ^').toBe('                61s ----(a|)', values);
      stage.happens(asked).toBe('c-a--a 58994ms a 1999ms c-a');
    }),
  );

  it(
    'asks again after 15 s, 30 s, a minute, and gives up after eight times',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: () => false });
      const error = new TrackerError('timeout', `${URL_ONE}: no answer within 3840 s`);
      stage.gives(announceOverUdp(env)(URL_ONE, query)).toBe('7665s #', undefined, error);
      stage.happens(asked).toBe('c 14999ms c 29999ms c 59999ms c 119999ms c 239999ms c 479999ms c 959999ms c 1919999ms c');
    }),
  );

  it(
    'connects anew when an announce is lost',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: (nth) => nth !== 2 });
      stage.gives(hosts(announceOverUdp(env)(URL_ONE, query))).toBe('15s ----(a|)', values);
      stage.happens(asked).toBe('                                    c-a 14997ms c-a');
    }),
  );

  it(
    'replaces a connection that the tracker has forgotten, once',
    drawn((stage) => {
      const stale = (bytes: Uint8Array, nth: number) => (nth === 3 ? [packet(3, word(bytes, 12), text('bad id'))] : undefined);
      const { env, asked } = scene(stage, { says: stale });
      const reply$ = hosts(announceOverUdp(env)(URL_ONE, query));
      stage.gives(reply$).toBe('           ----(a|)', values);
      stage.gives(reply$, '----------^').toBe('----------------(a|)', values);
      stage.happens(asked).toBe('          c-a-------a-c-a');
    }),
  );

  it(
    "tells the tracker's own words",
    drawn((stage) => {
      const { env } = scene(stage, { says: (bytes, nth) => (nth === 2 ? [packet(3, word(bytes, 12), text('go\naway'))] : undefined) });
      const error = new TrackerError('failure-reason', `${URL_ONE}: says "go\\x0aaway"`);
      stage.gives(announceOverUdp(env)(URL_ONE, query)).toBe('----#', undefined, error);
    }),
  );

  it(
    'passes over what is cut short, about something else or answers nothing, and keeps waiting',
    drawn((stage) => {
      const junk = (action: number, transaction: number): readonly Uint8Array[] => [
        new Uint8Array(),
        packet(action),
        packet(action, transaction),
        packet(action, transaction, 1),
        packet(action, transaction ^ 1, 9, 9, 9),
        packet(3, transaction ^ 1, text('no')),
        packet(1 - action, transaction, 1800, 9, 9),
        packet(9, transaction, 9, 9, 9),
        ...(action === 1 ? [packet(1, transaction, 1800, 1, 1, new Uint8Array(5))] : []),
      ];
      const says = (bytes: Uint8Array) => [...junk(word(bytes, 8), word(bytes, 12)), honest(bytes, 5, encodePeers([a], 4))];
      const { env, asked } = scene(stage, { says });
      stage.gives(hosts(announceOverUdp(env)(URL_ONE, query))).toBe('----(a|)', values);
      stage.happens(asked).toBe('                                     c-a');
    }),
  );

  it.each([
    ['another address', { host: '203.0.113.66', port: 80 }, '-'],
    ['another port of the same address', { ...AT, port: 81 }, '-'],
    ['the tracker itself', AT, '----(r|)'],
  ])('believes the right answer of %s, or does not', (_, from, lane) =>
    drawn((stage) => {
      // It hears us speak to the tracker, and so knows what would be the right answer.
      let speak: UdpSocket['send'] = () => undefined;
      const watch = ({ bytes, from: us }: Datagram, to: UdpEndpoint): void => {
        if (to.host === AT.host && to.port === AT.port) timer(1).subscribe(() => speak(honest(bytes, 5, encodePeers([a], 4)), us));
      };
      const network = new DrawnUdp({ latency: 1, names, watch }, stage.ledger);
      const speaker$ = network.at(from.host).bindUdp({ family: 4, port: from.port });
      stage
        .gives(
          speaker$.pipe(
            tap((socket) => (speak = (bytes, to) => socket.send(bytes, to))),
            ignoreElements(),
          ),
          '^ 14s !',
        )
        .toBe('-');
      stage.gives(hosts(announceOverUdp(stage.world({ udp: network }).env)(URL_ONE, query)), '^ 13s !').toBe(lane, { r: a.host });
    })(),
  );

  it(
    'reads addresses of 18 bytes from a tracker of IPv6',
    drawn((stage) => {
      const { env } = scene(stage, { at: AT6, peers: encodePeers([six], 16) });
      stage.gives(hosts(announceOverUdp(env)('udp://six.example:80', query))).toBe('----(s|)', values);
      stage.gives(hosts(announceOverUdp(env)('udp://[2001:DB8:0::5]:80', query)), '9ms ^').toBe('9ms ----(s|)', values);
    }),
  );

  it(
    'turns to the next address of a host that is silent at the first, IPv4 first, and stays with it',
    drawn((stage) => {
      const { env, asked } = scene(stage, { at: AT6, peers: encodePeers([six], 16) });
      const reply$ = hosts(announceOverUdp(env)('udp://both.example:80', query));
      stage.gives(reply$).toBe('          15s ----(s|)', values);
      stage.gives(reply$, '16s ^').toBe(' 16s --(s|)', values);
      stage.happens(asked).toBe('         c 14999ms c-a 997ms a');
    }),
  );

  it(
    'closes its socket when unsubscribed, whatever it waits for',
    drawn((stage) => {
      const { env, network, asked } = scene(stage);
      const announce = announceOverUdp(env);
      stage.gives(announce(URL_ONE, query), '^-!').toBe('-');
      stage.gives(announce(URL_ONE, query), '-----^--!').toBe('-');
      // The one that is left is the tracker's.
      stage.gives(of(0).pipe(map(() => network.sockets)), '9ms ^').toBe('9ms (1|)', { 1: 1 });
      stage.happens(asked).toBe('c----c-a');
    }),
  );

  it(
    'counts',
    drawn((stage) => {
      const { env, asked } = scene(stage);
      const ask = askOverUdp(env, () => false, new UdpMemory());
      const counts$ = ask(URL_ONE, { type: 'scrape', encode: (id, transaction) => encodeScrape(id, transaction, [query.infoHash]) });
      stage.gives(counts$.pipe(map(({ counts }) => counts))).toBe('----(c|)', { c: [{ complete: 7, downloaded: 8, incomplete: 9 }] });
      stage.happens(asked).toBe('c-s');
    }),
  );

  it(
    'refuses to be led into the house, unless people asked for it',
    drawn((stage) => {
      const { env, asked } = scene(stage, { at: { host: '10.0.0.7', port: 80 } });
      const inside = 'udp://inside.example:80/announce';
      const refused = (url: string, words: string, more = {}) => new TrackerError('refused-address', `${url}: ${words}`, more);
      const led = 'leads to 10.0.0.7, which is not where it claims to be; give it as a tracker of yours if it is';
      stage.gives(announceOverUdp(env)(inside, query)).toBe('#', undefined, refused(inside, led));
      const here = 'udp://127.0.0.1:80/x';
      const only = 'on this machine only /announce may be asked';
      stage.gives(announceOverUdp(env)(here, query)).toBe('  #', undefined, refused(here, only, { retryIn: 'never' }));
      stage.gives(hosts(announceOverUdp(env, (url) => url === inside)(inside, query))).toBe('----(a|)', values);
      stage.gives(hosts(announceOverUdp(env)('udp://10.0.0.7:80', query)), '9ms ^').toBe('9ms ----(a|)', values);
      stage.happens(asked).toBe('c-a------c-a');
    }),
  );
});

describe('udpTracker among other trackers', () => {
  const HTTP = 'http://two.example/announce';
  const totals = () => ({ uploaded: 0, downloaded: 0, left: 1 });
  const identity = { infoHash: query.infoHash, peerId: query.peerId, port: 6881, totals, wanted$: NEVER, completed$: NEVER };
  const b: PeerAddress = { host: '198.51.100.2', port: 6881, source: 'tracker' };
  const reply = announced(['198.51.100.2:6881']);

  it(
    'is asked when the one over HTTP is down, and hears goodbye',
    drawn((stage) => {
      const { env, asked } = scene(stage);
      const down = new TrackerError('unreachable', 'connection refused');
      const httpGet = () => stage.cold<HttpReply>('-#', {}, down);
      stage.gives(trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[HTTP], [URL_ONE]] }), '^--------!').toBe('-----a', { a });
      stage.happens(asked).toBe('                                                                                            -c-a-----a');
    }),
  );

  it(
    'makes room for the next one after 15 s of silence, and is left alone when that one answers',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: () => false });
      const httpGet = () => stage.cold('-(b|)', { b: reply });
      stage.gives(trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[URL_ONE], [HTTP]] }), '^ 99s !').toBe('15s -b', { b });
      stage.happens(asked).toBe('c 14999ms c');
    }),
  );

  it(
    'may answer late, while nobody else does: as if it had been in time',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: (nth) => nth > 2 });
      stage.gives(trackerPeers(env, { ...identity, tiers: [[URL_ONE]] }).pipe(take(2))).toBe('45s ---- a 1799999ms ----(a|)', { a });
      stage.happens(asked).toBe('c 14999ms c 29999ms c-a 1800s -c-a-a');
    }),
  );

  it(
    'may answer late, while the next one is being asked: that is enough',
    drawn((stage) => {
      const { env, asked } = scene(stage, { answers: (nth) => nth > 1 });
      const httpGet = () => stage.cold<HttpReply>('-');
      stage.gives(trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[URL_ONE], [HTTP]] }), '^ 99s !').toBe('15s ----a', { a });
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
      const peers$ = trackerPeers({ ...env, httpGet }, { ...identity, tiers: [[HTTP], [URL_ONE]], report });
      stage.gives(peers$, '^ 16s !').toBe('15s -----a', { a });
      const status = (more: object) => JSON.stringify({ type: 'tracker', ...more });
      const warning = (code: string, message: string) => JSON.stringify({ type: 'warning', code, message });
      const failed = (code: string, message: string) => ({ state: 'failing', failures: 1, error: { code, message } });
      const [one, two] = [
        { url: URL_ONE, tier: 1 },
        { url: HTTP, tier: 0 },
      ];
      const counts = { peers: 1, seeds: 4, leechers: 3 };
      stage.gives(of(told), '20s ^').toBe('20s (t|)', {
        t: [
          status({ ...two, state: 'asking', failures: 0 }),
          status({ ...two, ...failed('http-status', `${HTTP}: HTTP status 500`) }),
          warning('http-status', `${HTTP}: HTTP status 500`),
          status({ ...one, state: 'asking', failures: 0 }),
          status({ ...one, ...failed('timeout', `${URL_ONE}: no answer within 15 s`) }),
          warning('timeout', `${URL_ONE}: no answer within 15 s`),
          status({ ...one, state: 'working', failures: 0, lastAnswer: 15_005, nextAnnounce: 1_815_005, ...counts }),
          JSON.stringify({ type: 'announced', url: URL_ONE, peers: 1, interval: 1800, seeds: 4, leechers: 3 }),
        ],
      });
    }),
  );
});
