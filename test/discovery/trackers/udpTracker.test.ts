import { defer, finalize, lastValueFrom, map, NEVER, of, take, timeout, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { scrape } from '../../../src/discovery/trackers/scrape.ts';
import { trackerPeers, type TrackerPeersOptions } from '../../../src/discovery/trackers/trackerPeers.ts';
import { announceOverUdp } from '../../../src/discovery/trackers/udpTracker.ts';
import type { DownloadEvent, TrackerStatus } from '../../../src/contracts/events.ts';
import { httpGet } from '../../../src/net/http/http.ts';
import { bindUdp, resolve } from '../../../src/net/udp.ts';
import { encode } from '../../../src/protocol/encoding/bencode.ts';
import type { AnnounceQuery } from '../../../src/protocol/tracker/httpTrackerReply.ts';
import { within } from '../../machine.ts';
import { eventually, serve } from '../../net/servers.ts';
import { answer, error, udpTracker } from '../../net/udpTracker.ts';

/** Sockets of ours that are open now. */
let open = 0;
const counted: typeof bindUdp = (options) =>
  defer(() => {
    open++;
    return bindUdp(options).pipe(finalize(() => open--));
  });

const env = {
  bindUdp: counted,
  resolve,
  httpGet,
  random: () => 0.5,
  randomBytes: (length: number) => Uint8Array.from({ length }, () => Math.floor(Math.random() * 256)),
};
const query: AnnounceQuery = {
  infoHash: new Uint8Array(20).fill(0xab),
  peerId: new Uint8Array(20),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
};
const other = new Uint8Array(20).fill(0xcd);

const ask = (tiers: readonly (readonly string[])[], options: Partial<TrackerPeersOptions> = {}) => {
  const events: DownloadEvent[] = [];
  const totals = () => ({ uploaded: 0, downloaded: 0, left: 1 });
  const report = (event: DownloadEvent) => events.push(event);
  const peers$ = trackerPeers(env, { ...query, tiers, totals, wanted$: NEVER, completed$: NEVER, report, ...options });
  return { peers$: peers$.pipe(timeout(5000)), events };
};

describe('announceOverUdp', () => {
  it('asks a tracker of IPv6 for addresses of IPv6', async () => {
    const ip = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6];
    const tracker = await udpTracker((asked) => [answer(asked, Uint8Array.of(...ip, 0x1a, 0xe1))], '::1');
    const reply = await lastValueFrom(announceOverUdp(env)(tracker.url, query));
    expect(reply.peers).toEqual([{ host: '2001:db8::6', port: 6881 }]);
  });

  it('sends the path of the URL along, and closes its socket', async () => {
    const tracker = await udpTracker();
    await lastValueFrom(announceOverUdp(env)(`${tracker.url}/key?x=1`, query));
    expect(Buffer.from(tracker.packets[1]?.subarray(98) ?? []).toString('latin1')).toBe('\x02\x11/announce/key?x=1');
    expect(open).toBe(0);
  });

  it('closes its socket when nobody answers and it is unsubscribed', async () => {
    const tracker = await udpTracker(() => []);
    const subscription = announceOverUdp(env)(tracker.url, query).subscribe();
    expect(await eventually(() => tracker.heard().length === 1)).toBe(true);
    expect(open).toBe(1);
    subscription.unsubscribe();
    expect(open).toBe(0);
  });

  it.each([
    ['udp://127.0.0.1', 'malformed'],
    ['udp://:80', 'malformed'],
    ['udp://127.0.0.1:80/other', 'refused-address'],
    ['udp://[::ffff:127.0.0.1]:80', 'refused-address'],
    ['udp://name.invalid.:80/announce', 'unreachable'],
  ])('does not ask %s', async (url, code) => {
    const offline = { ...env, resolve: (host: string) => (host.includes('invalid') ? of([]) : resolve(host)) };
    await expect(lastValueFrom(announceOverUdp(offline)(url, query))).rejects.toMatchObject({
      name: 'TrackerError',
      code,
    });
  });
});

describe('a UDP tracker of both families', () => {
  const peerOf6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0x1a, 0xe1);

  /** Two at one port of 127.0.0.1 and ::1. */
  const both = async () => {
    const [four, six] = [await udpTracker(), await udpTracker((asked) => [answer(asked, peerOf6)], '::1')];
    // A name has one port, and theirs are whatever was free.
    const bind: typeof bindUdp = ({ to, ...options }) => {
      const port = options.family === 4 ? four.port : six.port;
      return counted({ ...options, ...(to && { to: { ...to, port } }) }).pipe(
        map((socket) => ({
          ...socket,
          datagrams$: socket.datagrams$.pipe(map(({ bytes, from }) => ({ bytes, from: { ...from, port: 6969 } }))),
        })),
      );
    };
    return { four, six, env: { ...env, resolve: () => of(['127.0.0.1', '::1']), bindUdp: bind } };
  };

  it('is announced to by each, and told goodbye by each', async () => {
    const there = await both();
    const hosts = await lastValueFrom(
      trackerPeers(there.env, {
        ...query,
        tiers: [['udp://localhost:6969/announce']],
        totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
        wanted$: NEVER,
        completed$: NEVER,
      }).pipe(
        take(2),
        map(({ host }) => host),
        toArray(),
        timeout(5000),
      ),
    );
    expect(hosts.sort()).toEqual(['10.0.0.1', '2001:db8::6']);
    expect(
      await eventually(() => there.four.heard().includes('stopped') && there.six.heard().includes('stopped')),
    ).toBe(true);
    expect(await eventually(() => open === 0)).toBe(true);
  });

  it('is scraped by each: the larger counts are given, without waiting for one that is silent', async () => {
    const there = await both();
    const counts$ = scrape(there.env, 'udp://localhost:6969/announce', [query.infoHash]);
    expect(await lastValueFrom(counts$.pipe(toArray()))).toEqual([
      { infoHash: query.infoHash, complete: 7, downloaded: 8, incomplete: 9 },
    ]);
    expect([there.four.heard(), there.six.heard()]).toEqual([
      ['connect', 'scrape'],
      ['connect', 'scrape'],
    ]);
  });
});

describe('trackerPeers over UDP', () => {
  it('says started and stopped, and nothing is left open', async () => {
    const tracker = await udpTracker();
    const { peers$, events } = ask([[tracker.url]]);
    expect(await lastValueFrom(peers$.pipe(take(1)))).toEqual({ host: '10.0.0.1', port: 6881, source: 'tracker' });
    expect(await eventually(() => tracker.heard().includes('stopped'))).toBe(true);
    expect(tracker.heard()).toEqual(['connect', 'started', 'stopped']);
    expect(events.map((event) => (event.type === 'tracker' ? event.state : event.type))).toEqual([
      'asking',
      'working',
      'announced',
    ]);
    expect(await eventually(() => open === 0)).toBe(true);
  });

  it('goes on to the next tier after an error, over any protocol, within a second', async () => {
    const unwilling = await udpTracker((asked) => [error(asked, 'not registered')]);
    const http = await serve((_, response) => response.writeHead(500).end());
    const willing = await udpTracker();
    const began = Date.now();
    const { peers$, events } = ask([
      [unwilling.url],
      [`${http}/announce`],
      ['wss://t.example/announce'],
      [willing.url],
    ]);
    await lastValueFrom(peers$.pipe(take(1)));
    expect(Date.now() - began).toBeLessThan(within(1000));
    const statuses = events.filter(
      (event): event is TrackerStatus => event.type === 'tracker' && event.state !== 'asking',
    );
    expect(statuses.map(({ tier, state, failures, error: why }) => [tier, state, failures, why?.code])).toEqual([
      [0, 'failing', 1, 'failure-reason'],
      [1, 'failing', 1, 'http-status'],
      [2, 'dropped', 1, 'unsupported-scheme'],
      [3, 'working', 0, undefined],
    ]);
  });

  it('asks what people gave themselves, wherever it leads', async () => {
    const tracker = await udpTracker();
    const url = `udp://127.0.0.1:${tracker.port}`;
    const refused = ask([[url]]);
    await lastValueFrom(refused.peers$, { defaultValue: undefined });
    expect(refused.events.at(-1)).toMatchObject({ type: 'warning', code: 'refused-address' });
    expect(tracker.heard()).toEqual([]);
    await lastValueFrom(ask([[url]], { given: [url] }).peers$.pipe(take(1)));
    expect(tracker.heard()).toContain('started');
  });
});

describe('scrape', () => {
  it('counts over UDP, in portions of 74', async () => {
    const tracker = await udpTracker();
    const infoHashes = Array.from({ length: 100 }, (_, index) => new Uint8Array(20).fill(index));
    const counts = await lastValueFrom(scrape(env, tracker.url, infoHashes).pipe(toArray()));
    expect(counts).toHaveLength(100);
    expect(counts[99]).toEqual({ infoHash: infoHashes[99], complete: 7, downloaded: 8, incomplete: 9 });
    expect(tracker.heard()).toEqual(['connect', 'scrape', 'scrape']);
  });

  it('counts over HTTP, what the tracker knows', async () => {
    const asked: string[] = [];
    const file = encode({ complete: 1, downloaded: 2, incomplete: 3 });
    const body = Buffer.concat([Buffer.from('d5:filesd20:'), query.infoHash, file, Buffer.from('ee')]);
    const origin = await serve(({ url = '' }, response) => {
      asked.push(url);
      response.end(body);
    });
    const counts = await lastValueFrom(
      scrape(env, `${origin}/announce?key=1`, [other, query.infoHash]).pipe(toArray()),
    );
    expect(counts).toEqual([{ infoHash: query.infoHash, complete: 1, downloaded: 2, incomplete: 3 }]);
    expect(asked).toEqual([`/scrape?key=1&info_hash=${'%CD'.repeat(20)}&info_hash=${'%AB'.repeat(20)}`]);
  });

  it.each<[string, number, string, string]>([
    ['a failure', 200, 'd14:failure reason2:noe', 'failure-reason'],
    ['a page', 200, '<html>', 'malformed'],
    ['an error page', 404, '<html>', 'http-status'],
    ['counts under an error', 500, 'd5:filesdee', 'http-status'],
  ])('tells %s', async (_, status, body, code) => {
    const origin = await serve((_request, response) => response.writeHead(status).end(body));
    await expect(lastValueFrom(scrape(env, `${origin}/announce`, [other]))).rejects.toMatchObject({
      name: 'TrackerError',
      code,
    });
  });

  it('knows which trackers have none', async () => {
    await expect(lastValueFrom(scrape(env, 'http://127.0.0.1:1/a', [other]))).rejects.toMatchObject({
      code: 'unsupported-scheme',
    });
  });
});
