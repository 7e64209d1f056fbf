import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { defer, finalize, lastValueFrom, NEVER, of, take, timeout, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { STOPPED_TIMEOUT } from '../../src/discovery/trackers/httpTracker.ts';
import { type TrackerEnv, trackerPeers, type TrackerPeersOptions } from '../../src/discovery/trackers/trackerPeers.ts';
import { drawn } from '../../marbles/index.ts';
import type { Announced, Warning } from '../../src/contracts/events.ts';
import { punctual } from '../../marbles/stories/trackerScene.ts';
import { httpGet } from '../../src/net/http/http.ts';
import { bindUdp, resolve } from '../../src/net/udp.ts';
import { encode, type Encodable } from '../../src/protocol/encoding/bencode.ts';
import { memoryHeld } from '../machine.ts';
import { deadOrigin, eventually, held, serve, serveRaw } from '../net/servers.ts';

const env = { httpGet, bindUdp, resolve, random: () => 0.5, randomBytes: (length: number) => new Uint8Array(length) };
const REPLY = encode({ interval: 1800, peers: Uint8Array.of(10, 0, 0, 1, 0x1a, 0xe1) });

/** Asks the trackers, one tier each. */
const ask = (urls: readonly string[], options: Partial<TrackerPeersOptions> = {}, own: Partial<TrackerEnv> = {}) => {
  const events: (Announced | Warning)[] = [];
  const peers$ = trackerPeers(
    { ...env, ...own },
    {
      infoHash: new Uint8Array(20).fill(0xab),
      peerId: new Uint8Array(20),
      port: 6881,
      tiers: urls.map((url) => [url]),
      totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
      wanted$: NEVER,
      completed$: NEVER,
      report: (event) => event.type !== 'tracker' && events.push(event),
      ...options,
    },
  );
  return { peers$, events, codes: () => events.map((event) => (event.type === 'warning' ? event.code : 'announced')) };
};

const honest = (): Promise<string> => serve((_, response) => response.end(REPLY));
const free = (): Promise<boolean> => eventually(() => held().length === 0);

/** The code of the warning with which the first tracker was left for the honest second one. */
const leftWith = async (origin: string): Promise<string | undefined> => {
  const { peers$, codes } = ask([`${origin}/announce`, `${await honest()}/announce`]);
  const peers = await lastValueFrom(peers$.pipe(take(1), timeout(5000), toArray()));
  expect(peers).toEqual([{ host: '10.0.0.1', port: 6881, source: 'tracker' }]);
  expect(codes()).toHaveLength(2);
  return codes()[0];
};

describe('the next tracker is asked after one', () => {
  const answering = (listener: RequestListener) => () => serve(listener);
  const saying = (reply: Encodable) => answering((_, response) => response.end(encode(reply)));

  it.each([
    ['is down', deadOrigin, 'unreachable'],
    ['has an error', answering((_, response) => response.writeHead(500).end('<h1>oops</h1>')), 'http-status'],
    ['sends garbage', answering((_, response) => response.end(Buffer.from([0, 255, 3, 7]))), 'malformed'],
    ['sends nothing', answering((_, response) => response.end()), 'malformed'],
    ['hangs up', () => serveRaw((socket) => socket.destroy()), 'unreachable'],
    ['speaks another protocol', () => serveRaw((socket) => socket.end('220 mail.example ESMTP\r\n')), 'malformed'],
    [
      'sends broken chunks',
      () => serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nq\r\n')),
      'malformed',
    ],
    [
      'never ends its list',
      answering((_, response) => endless(() => response.write(Buffer.alloc(65_536, 'l')), response)),
      'malformed',
    ],
    [
      'redirects in a loop',
      answering((_, response) => response.writeHead(302, { location: '/announce' }).end()),
      'malformed',
    ],
    [
      'redirects to a file',
      answering((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
      'unsupported-scheme',
    ],
    [
      'redirects into another service of this machine',
      answering((_, response) => response.writeHead(302, { location: '/shutdown' }).end()),
      'refused-address',
    ],
    ['refuses', saying({ 'failure reason': 'not registered' }), 'failure-reason'],
    ['hangs the careless', answering((_, response) => response.end('d-3:e')), 'malformed'],
    ['nests too deep', answering((_, response) => response.end('l'.repeat(1_000_000))), 'malformed'],
    ['sends half a peer', saying({ peers: '1234567' }), 'malformed'],
  ])('%s', async (_, start, code) => {
    expect(await leftWith(await start())).toBe(code);
    expect(await free()).toBe(true);
  });

  it('sends a bomb, of which no more than the limit is kept', async () => {
    const bomb = Buffer.concat(Array.from({ length: 256 }, () => gzipSync(Buffer.alloc(1024 * 1024))));
    const origin = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const unpacked = (): number => process.memoryUsage().arrayBuffers;
    memoryHeld();
    const before = unpacked();
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, unpacked())), 5);
    onTestFinished(() => clearInterval(watch));
    expect(await leftWith(origin)).toBe('malformed');
    peak = Math.max(peak, unpacked());
    expect(peak - before).toBeLessThan(16 * 1024 * 1024);
  });
});

const endless = (write: () => boolean, response: NodeJS.WritableStream): void => {
  const more = (): void => {
    while (write());
  };
  response.on('drain', more);
  more();
};

describe('what a tracker says', () => {
  it.each([
    [0, 30],
    [-5, 30],
    [2n ** 53n, 86_400],
    [2n ** 62n, 86_400],
  ])('of its interval is believed only from 30 s to a day: %s', (interval, seconds) => {
    const asked: [ms: number, event: string | null][] = [];
    const reply = { status: 200, body: encode({ interval, 'min interval': interval, peers: '' }) };
    const told: Announced[] = [];
    drawn(({ now, watch, world }) => {
      const answers: typeof httpGet = ({ url }) =>
        defer(() => {
          asked.push([now(), new URL(url).searchParams.get('event')]);
          return of({ ...reply, url });
        });
      const { peers$, events } = ask(
        ['http://one.example/announce'],
        { pace: punctual },
        { ...world().env, httpGet: answers },
      );
      watch(peers$.pipe(finalize(() => told.push(...(events as Announced[])))), `^ ${seconds * 1000 + 5}ms !`);
    })();
    expect(asked.slice(0, 2)).toEqual([
      [0, 'started'],
      [seconds * 1000, null],
    ]);
    expect(told.map(({ interval }) => interval)).toEqual([seconds, seconds]);
  });

  it('of peers is cut at 3000 and holds no address where nobody can be', async () => {
    const bytes = Buffer.alloc(6 * 10_000);
    for (let peer = 0; peer < 10_000; peer++) bytes.set([10, 1, peer >> 8, peer & 255, 0x1a, peer % 2], peer * 6);
    bytes.set([0, 0, 0, 0, 1, 1, 255, 255, 255, 255, 1, 1, 224, 0, 0, 1, 1, 1, 10, 0, 0, 1, 0, 0]);
    const origin = await serve((_, response) => response.end(encode({ peers: bytes })));
    const { peers$, events } = ask([`${origin}/announce`]);
    const hosts: string[] = [];
    const subscription = peers$.subscribe(({ host }) => hosts.push(host));
    expect(await eventually(() => events.length > 0 && hosts.length > 0)).toBe(true);
    subscription.unsubscribe();
    expect([hosts.length, hosts[0]]).toEqual([3000, '10.1.0.4']);
  });

  it('for people is shown with its control bytes spelled out', async () => {
    const origin = await serve((_, response) =>
      response.end(encode({ peers: '', 'warning message': '\u001b]0;owned\u0007' })),
    );
    const { peers$, events } = ask([`${origin}/announce?passkey=secret`]);
    const subscription = peers$.subscribe();
    expect(await eventually(() => events.length === 2)).toBe(true);
    subscription.unsubscribe();
    expect(events[1]).toEqual({
      type: 'warning',
      code: 'warning-message',
      message: `${origin}/announce: warns "\\x1b]0;owned\\x07"`,
      url: `${origin}/announce?passkey=secret`,
    });
  });
});

describe('leaving', () => {
  it('gives a silent tracker so long for the goodbye, and then lets go of it', async () => {
    const heard: (string | null)[] = [];
    const origin = await serve(({ url = '' }, response) => {
      const event = new URL(url, 'http://h').searchParams.get('event');
      heard.push(event);
      if (event === 'started') response.end(REPLY);
    });
    const given: number[] = [];
    // Nobody waits for the clock here: that seconds are as long as they are said to be is the world's affair.
    const hasty: typeof httpGet = (request) => {
      given.push(request.timeout);
      return httpGet(heard.length === 0 ? request : { ...request, timeout: 100 });
    };
    const { peers$ } = ask([`${origin}/announce`], {}, { httpGet: hasty });
    await lastValueFrom(peers$.pipe(take(1)));
    expect(await eventually(() => heard.length === 2)).toBe(true);
    expect(heard).toEqual(['started', 'stopped']);
    expect(given[1]).toBe(STOPPED_TIMEOUT);
    expect(await free()).toBe(true);
  });

  it('hangs up on a tracker that has not answered, and tells it nothing', async () => {
    let connections = 0;
    const origin = await serveRaw(() => connections++);
    const subscription = ask([`${origin}/announce`]).peers$.subscribe();
    expect(await eventually(() => connections === 1)).toBe(true);
    subscription.unsubscribe();
    expect(await free()).toBe(true);
    expect(connections).toBe(1);
  });
});
