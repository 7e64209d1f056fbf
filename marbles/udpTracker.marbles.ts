import { ignoreElements, map, of, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { announceOverUdp, askOverUdp } from '../src/discovery/trackers/udpTracker.ts';
import { UdpMemory } from '../src/discovery/trackers/udpMemory.ts';
import type { Datagram, UdpEndpoint, UdpSocket } from '../src/contracts/network.ts';
import { TrackerError } from '../src/contracts/errors.ts';
import { encodePeers } from '../src/protocol/encoding/compact.ts';
import { encodeScrape } from '../src/protocol/tracker/udpTrackerPackets.ts';
import { drawn, DrawnUdp } from './index.ts';
import {
  URL_ONE,
  AT,
  AT6,
  a,
  six,
  names,
  query,
  packet,
  word,
  text,
  honest,
  scene,
  hosts,
  values,
} from './stories/udpTrackerScene.ts';

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
      stage
        .happens(asked)
        .toBe('c 14999ms c 29999ms c 59999ms c 119999ms c 239999ms c 479999ms c 959999ms c 1919999ms c');
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
      const stale = (bytes: Uint8Array, nth: number) =>
        nth === 3 ? [packet(3, word(bytes, 12), text('bad id'))] : undefined;
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
      const { env } = scene(stage, {
        says: (bytes, nth) => (nth === 2 ? [packet(3, word(bytes, 12), text('go\naway'))] : undefined),
      });
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
      const says = (bytes: Uint8Array) => [
        ...junk(word(bytes, 8), word(bytes, 12)),
        honest(bytes, 5, encodePeers([a], 4)),
      ];
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
        if (to.host === AT.host && to.port === AT.port)
          timer(1).subscribe(() => speak(honest(bytes, 5, encodePeers([a], 4)), us));
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
      stage
        .gives(hosts(announceOverUdp(stage.world({ udp: network }).env)(URL_ONE, query)), '^ 13s !')
        .toBe(lane, { r: a.host });
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
    'is asked by both families beside each other when its name has both, and each tells of peers of its own',
    drawn((stage) => {
      const { env, network } = scene(stage, { at: AT6, peers: encodePeers([six], 16) });
      network.plays(AT, ({ bytes }) => honest(bytes, 5, encodePeers([a], 4)));
      stage.gives(hosts(announceOverUdp(env)('udp://both.example:80', query))).toBe('----(sa|)', values);
    }),
  );

  it(
    'answers by one family while it is silent by the other, or no way leads there',
    drawn((stage) => {
      const { env, asked } = scene(stage, { at: AT6, peers: encodePeers([six], 16), udp: { latency: 2 } });
      stage
        .gives(hosts(announceOverUdp(env)('udp://both.example:80', query)), '^ 20s !')
        .toBe('--------s 2999ms |', values);
      stage.happens(asked).toBe('(cc)a');
      const noFour = scene(stage, {
        at: AT6,
        peers: encodePeers([six], 16),
        udp: { refuses: ({ host }) => (host === AT.host ? 'no way' : undefined) },
      });
      stage.gives(hosts(announceOverUdp(noFour.env)('udp://both.example:80', query))).toBe('----(s|)', values);
      stage.happens(noFour.asked).toBe('c-a');
    }),
  );

  it(
    'is left out for a minute by a family by which it was silent while it answered by the other',
    drawn((stage) => {
      const { env, asked } = scene(stage, { at: AT6, peers: encodePeers([six], 16), udp: { latency: 2 } });
      const reply$ = hosts(announceOverUdp(env)('udp://both.example:80', query));
      stage.gives(reply$).toBe('         --------s 2999ms |', values);
      stage.gives(reply$, '59s ^').toBe('  59s ----(s|)', values);
      stage.gives(reply$, '70s ^').toBe('  70s --------s 2999ms |', values);
      stage.happens(asked).toBe('        (cc)a 58995ms a 10999ms (cc)a');
    }),
  );

  it(
    'is given up at once when the system says of all addresses that there is no route or no listener',
    drawn((stage) => {
      const { env } = scene(stage, { udp: { refuses: () => 'connection refused' } });
      const error = new TrackerError('unreachable', 'udp://both.example:80: connection refused');
      stage.gives(announceOverUdp(env)('udp://both.example:80', query)).toBe('#', undefined, error);
    }),
  );

  it(
    'is asked at the next address of a family, in the order of the names, when the first is silent, and stays there',
    drawn((stage) => {
      const two = { host: '203.0.113.2', port: 80 };
      const { env, asked } = scene(stage, { at: two, udp: { names: { 'two.example': [AT.host, two.host] } } });
      const reply$ = hosts(announceOverUdp(env)('udp://two.example:80', query));
      stage.gives(reply$).toBe('          15s ----(a|)', values);
      stage.gives(reply$, '16s ^').toBe(' 16s --(a|)', values);
      stage.happens(asked).toBe('         c 14999ms c-a 997ms a');
    }),
  );

  it(
    'is asked at the next address at once when no way leads to the first',
    drawn((stage) => {
      const two = { host: '203.0.113.2', port: 80 };
      const udp = {
        names: { 'two.example': [AT.host, two.host] },
        refuses: ({ host }: UdpEndpoint) => (host === AT.host ? 'no way' : undefined),
      };
      const { env, asked } = scene(stage, { at: two, udp });
      stage.gives(hosts(announceOverUdp(env)('udp://two.example:80', query))).toBe('----(a|)', values);
      stage.happens(asked).toBe('c-a');
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
      const counts$ = ask(URL_ONE, {
        type: 'scrape',
        encode: (id, transaction) => encodeScrape(id, transaction, [query.infoHash]),
      });
      stage
        .gives(counts$.pipe(map(({ counts }) => counts)))
        .toBe('----(c|)', { c: [{ complete: 7, downloaded: 8, incomplete: 9 }] });
      stage.happens(asked).toBe('c-s');
    }),
  );

  it(
    'refuses to be led into the local network, unless the user asked for it',
    drawn((stage) => {
      const { env, asked } = scene(stage, { at: { host: '10.0.0.7', port: 80 } });
      const inside = 'udp://inside.example:80/announce';
      const refused = (url: string, words: string, more = {}) =>
        new TrackerError('refused-address', `${url}: ${words}`, more);
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
