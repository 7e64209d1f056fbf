import { lastValueFrom, type Observable, of, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { announceOverHttp } from '../../../src/discovery/trackers/httpTracker.ts';
import type { HttpReply, HttpRequest } from '../../../src/contracts/network.ts';
import { TrackerError } from '../../../src/contracts/errors.ts';
import { encode, type Encodable } from '../../../src/protocol/encoding/bencode.ts';
import type { AnnounceQuery, AnnounceSuccess } from '../../../src/protocol/tracker/httpTrackerReply.ts';

const query: AnnounceQuery = {
  infoHash: new Uint8Array(20).fill(0xff),
  peerId: new Uint8Array(20),
  port: 6881,
  uploaded: 1,
  downloaded: 2,
  left: 3,
};
const URL_ONE = 'http://one.example/announce';

const announce = (
  answer: Encodable | Uint8Array,
  { status = 200, url = URL_ONE, asked = [] as HttpRequest[], event = undefined as AnnounceQuery['event'] } = {},
) => {
  const httpGet = (request: HttpRequest) => {
    asked.push(request);
    return of({ status, body: answer instanceof Uint8Array ? answer : encode(answer), url });
  };
  return lastValueFrom(announceOverHttp({ httpGet })(url, { ...query, event }));
};
const text = (words: string): Uint8Array => Buffer.from(words);

describe('announceOverHttp', () => {
  it('asks once, for 15 s, or 3 s to say goodbye, and for 2 MiB', async () => {
    const asked: HttpRequest[] = [];
    await announce({ peers: '' }, { asked });
    await announce({ peers: '' }, { asked, event: 'stopped', url: `${URL_ONE}?passkey=secret` });
    expect(asked.map(({ timeout, maxBytes, loopbackPath }) => [timeout, maxBytes, loopbackPath])).toEqual([
      [15_000, 2 * 1024 * 1024, '/announce'],
      [3000, 2 * 1024 * 1024, '/announce'],
    ]);
    expect(asked[0]?.url).toContain(`${URL_ONE}?info_hash=${'%FF'.repeat(20)}&`);
    expect(asked[1]?.url).toContain(`${URL_ONE}?passkey=secret&info_hash=`);
  });

  it('reads dictionary peers and peers6, and leaves out what can be no peer', async () => {
    const peers = [
      { ip: '10.0.0.1', port: 1 },
      { ip: 'evil.example', port: 2 },
      { ip: '10.0.0.3', port: 0 },
      { ip: '255.255.255.255', port: 4 },
      { ip: '224.0.0.1', port: 5 },
      { ip: '2001:db8::6', port: 6 },
      { ip: '10.0.0.7', port: 65_536 },
    ];
    const peers6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x1a, 0xe1);
    const reply: AnnounceSuccess = await announce({ peers, peers6 });
    expect(reply.peers.map(({ host, port }) => `${host} ${port}`)).toEqual([
      '10.0.0.1 1',
      '2001:db8::6 6',
      '2001:db8::9 6881',
    ]);
  });

  it.each([
    [
      'a failure',
      { 'failure reason': 'go away' },
      200,
      { code: 'failure-reason', message: `${URL_ONE}: says "go away"`, reason: 'go away', retryIn: undefined },
    ],
    [
      'a failure under any status',
      { 'failure reason': 'no', 'retry in': '5' },
      403,
      { code: 'failure-reason', retryIn: 5 },
    ],
    [
      'a failure for ever',
      { 'failure reason': 'no', 'retry in': 'never' },
      200,
      { code: 'failure-reason', retryIn: 'never' },
    ],
    [
      'an error page',
      text('<html>'),
      500,
      { code: 'http-status', message: `${URL_ONE}: HTTP status 500`, status: 500 },
    ],
    ['peers under an error status', { peers: '' }, 404, { code: 'http-status', status: 404 }],
    ['a redirect to nowhere', text(''), 302, { code: 'http-status' }],
    ['a page', text('<html>'), 200, { code: 'malformed' }],
    ['nothing', text(''), 200, { code: 'malformed' }],
    ['a list', ['a'], 200, { code: 'malformed' }],
    ['half a peer', { peers: '12345' }, 200, { code: 'malformed' }],
    ['what hangs careless parsers', text('d-3:e'), 200, { code: 'malformed' }],
  ])('tells %s', async (_, answer, status, error) => {
    await expect(announce(answer, { status })).rejects.toMatchObject({ name: 'TrackerError', ...error });
  });

  it('makes control bytes of a failure visible, and keeps it short', async () => {
    const error: unknown = await announce({ 'failure reason': `\u001b[2J\n\u202e${'x'.repeat(5000)}` }).catch(
      (reason: unknown) => reason,
    );
    const { message } = error as Error;
    expect(message).toMatch(/says "\\x1b\[2J\\x0a\\u\{?202e\}?xxx/);
    expect(message.length).toBeLessThan(600);
  });

  it('is wary of the URLs of strangers only', async () => {
    const asked: HttpRequest[] = [];
    const httpGet = (request: HttpRequest) => {
      asked.push(request);
      return of({ status: 200, body: encode({ peers: '' }), url: URL_ONE });
    };
    const ask = announceOverHttp({ httpGet }, (url) => url === 'http://ours.example/x');
    await lastValueFrom(ask(URL_ONE, query));
    await lastValueFrom(ask('http://ours.example/x', query));
    expect(asked.map(({ loopbackPath, stranger }) => [loopbackPath, stranger])).toEqual([
      ['/announce', true],
      [undefined, undefined],
    ]);
  });

  describe('of a name with addresses of both families', () => {
    const resolve = () => of(['2001:db8::1', '192.0.2.1', '192.0.2.2']);
    const down = throwError(() => new TrackerError('unreachable', 'no route to this host'));
    const says = (reply: Encodable) => of({ status: 200, body: encode(reply), url: URL_ONE });
    const known = (by: Readonly<Record<4 | 6, Observable<HttpReply>>>) =>
      lastValueFrom(
        announceOverHttp({ httpGet: ({ family = 4 }) => by[family], resolve })(URL_ONE, query).pipe(toArray()),
      );
    const [four, six] = [says({ peers: Uint8Array.of(10, 0, 0, 1, 0, 1) }), says({ peers: '' })];

    it('is asked by each', async () => {
      const asked: (number | undefined)[] = [];
      const httpGet = ({ family }: HttpRequest) => {
        asked.push(family);
        return family === 4 ? four : six;
      };
      const replies = await lastValueFrom(announceOverHttp({ httpGet, resolve })(URL_ONE, query).pipe(toArray()));
      expect([asked, replies.map(({ peers }) => peers.length)]).toEqual([
        [6, 4],
        [0, 1],
      ]);
    });

    it('works if it can be asked by one of them', async () => {
      expect(await known({ 4: four, 6: down })).toHaveLength(1);
      expect(await known({ 4: down, 6: six })).toHaveLength(1);
      expect(await known({ 4: four, 6: says({ 'failure reason': 'no' }) })).toHaveLength(1);
    });

    it('says what it has to say if it is asked by none', async () => {
      await expect(known({ 4: says({ 'failure reason': 'no' }), 6: down })).rejects.toMatchObject({
        code: 'failure-reason',
      });
      await expect(known({ 4: down, 6: down })).rejects.toMatchObject({ code: 'unreachable' });
    });

    it.each([
      [['192.0.2.1', '192.0.2.2'], URL_ONE],
      [[], URL_ONE],
      [['192.0.2.1', '2001:db8::1'], 'http://192.0.2.9/announce'],
    ])('is asked as it comes where there is nothing to choose: %s, %s', async (addresses, url) => {
      const asked: HttpRequest[] = [];
      const httpGet = (request: HttpRequest) => {
        asked.push(request);
        return six;
      };
      await lastValueFrom(announceOverHttp({ httpGet, resolve: () => of(addresses) })(url, query));
      expect(asked.map(({ family }) => family)).toEqual([undefined]);
    });
  });

  it('is not made to speak in the name of another', async () => {
    const asked: HttpRequest[] = [];
    await expect(announce({ peers: '' }, { url: `${URL_ONE}?info_hash=x`, asked })).rejects.toMatchObject({
      code: 'refused-address',
      retryIn: 'never',
    });
    expect(asked).toEqual([]);
  });
});
