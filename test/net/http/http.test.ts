import type { IncomingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { httpGet, httpGetBy } from '../../../src/net/http/http.ts';
import { LOOPBACK, PRIVATE, PUBLIC, reachOf } from '../../../src/protocol/encoding/reach.ts';
import { codeOf, failing, get, textOf } from '../getting.ts';
import { deadOrigin, eventually, held, serve, serveSelfSigned } from '../servers.ts';

describe('httpGet', () => {
  it('gives one reply, whatever its status', async () => {
    const origin = await serve((_, response) => response.writeHead(503).end('busy'));
    const { status, body, url } = await get(`${origin}/a?b=%ff`);
    expect([status, Buffer.from(body).toString(), url]).toEqual([503, 'busy', `${origin}/a?b=%ff`]);
  });

  it('asks when subscribed to, and again for the next subscriber', async () => {
    let asked = 0;
    const origin = await serve((_, response) => response.end(String(++asked)));
    const reply$ = httpGet({ url: origin, maxBytes: 10, timeout: 5000 });
    expect(asked).toBe(0);
    await lastValueFrom(reply$);
    await lastValueFrom(reply$);
    expect(asked).toBe(2);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => text],
  ])('reads %s', async (coding, compress) => {
    const origin = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': coding }).end(compress('hello hello hello')),
    );
    expect(await textOf(get(origin))).toBe('hello hello hello');
  });

  it('sends its name, keeps the path byte for byte, and keeps no connection', async () => {
    let seen: { url: string | undefined; headers: IncomingHttpHeaders } | undefined;
    const origin = await serve(({ url, headers }, response) => {
      seen = { url, headers };
      response.end('ok');
    });
    await get(`${origin}/announce?info_hash=%FF%00~.%2b`, { headers: { 'X-Own': 'yes' } });
    expect(seen?.url).toBe('/announce?info_hash=%FF%00~.%2b');
    expect(seen?.headers).toMatchObject({ 'user-agent': 'rxtorrent', connection: 'close', 'x-own': 'yes' });
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it('destroys the connection when unsubscribed', async () => {
    let closed = false;
    let asked = false;
    const origin = await serve((request) => {
      asked = true;
      request.on('close', () => (closed = true));
    });
    const subscription = httpGet({ url: origin, maxBytes: 10, timeout: 60_000 }).subscribe({ error: () => undefined });
    expect(await eventually(() => asked)).toBe(true);
    subscription.unsubscribe();
    expect(await eventually(() => closed && held().length === 0)).toBe(true);
  });

  it('reaches a host by any of its addresses, over TLS, too', async () => {
    // On this machine, so that nothing is sent anywhere: nobody listens at the first two.
    const look = () => of(['::1', '127.0.0.9', '127.0.0.1']);
    const by = (url: string) => lastValueFrom(httpGetBy(reachOf, look)({ url, maxBytes: 100, timeout: 5000 }));
    const plain = await serve((_, response) => response.end('here'));
    expect(await textOf(by(plain.replace('127.0.0.1', 'tracker.example')))).toBe('here');
    const secure = await serveSelfSigned((_, response) => response.end('here'));
    const { code, message } = await failing(by(secure.replace('127.0.0.1', 'tracker.example')));
    expect([code, message]).toEqual(['untrusted', expect.stringContaining('certificate')]);
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it('fails with what is about the other side when no address can be reached', async () => {
    const { port } = new URL(await deadOrigin());
    const look = () => of(['127.0.0.9', '127.0.0.1']);
    const url = `http://tracker.example:${port}/`;
    const failure = failing(lastValueFrom(httpGetBy(reachOf, look)({ url, maxBytes: 100, timeout: 5000 })));
    expect(await failure).toMatchObject({ code: 'refused', message: `${url}: connection refused` });
  });

  it('dials none of the addresses of a stranger that are not where the name claims to be', async () => {
    let asked = 0;
    const inside = await serve((_, response) => {
      asked++;
      response.end('secret');
    });
    const { port } = new URL(inside);
    // 127.0.0.9 plays the public host, where nobody listens.
    const from = httpGetBy(
      (address) => (address === '127.0.0.9' ? PUBLIC : reachOf(address)),
      () => of(['127.0.0.1', '127.0.0.9']),
    );
    const failure = failing(
      lastValueFrom(from({ url: `http://tracker.example:${port}/`, maxBytes: 100, timeout: 5000, stranger: true })),
    );
    expect(await failure).toMatchObject({ code: 'refused' });
    expect(asked).toBe(0);
  });

  it('may be unsubscribed at once, before anything is resolved', async () => {
    httpGet({ url: 'http://localhost:9/', maxBytes: 10, timeout: 60_000 })
      .subscribe({ error: () => undefined })
      .unsubscribe();
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it.each([
    ['/ein Buch?q=ä b', '/ein%20Buch?q=%C3%A4%20b'],
    ['/%E4%zz|~', '/%E4%zz|~'],
    ['/\u{1f9f2}', '/%F0%9F%A7%B2'],
    ['/\ud83e', '/%EF%BF%BD'],
  ])('asks for %j as %j', async (path, asked) => {
    const origin = await serve(({ url = '' }, response) => response.end(url));
    expect(await textOf(get(` ${origin}${path} `))).toBe(asked);
  });

  it('tells refused from unknown schemes and from what is no URL', async () => {
    expect(await codeOf(get(await deadOrigin()))).toBe('refused');
    for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'udp://127.0.0.1:1/', 'data:,x'])
      expect(await codeOf(get(url))).toBe('unsupported-scheme');
    for (const url of [
      '',
      'announce',
      'http://',
      'http://127.0.0.1:0/',
      'http://127.0.0.1:65536/',
      'http://127.0.0.1/\r\nX: y',
      'http://127.0.0.1/\u0085',
      'http://a b.example/',
      'http://b\u00ad.example/',
    ])
      expect(await failing(get(url))).toMatchObject({ code: 'bad-url', lasting: true });
  });
});

describe('TLS', () => {
  it('is checked: a server that can not prove its name is not asked', async () => {
    let asked = 0;
    const origin = await serveSelfSigned((_, response) => {
      asked++;
      response.end('ok');
    });
    const { code, message } = await failing(get(origin.replace('127.0.0.1', 'localhost')));
    expect([code, message]).toEqual(['untrusted', expect.stringContaining('certificate')]);
    expect(asked).toBe(0);
    const redirecting = await serve((_, response) => response.writeHead(302, { location: origin }).end());
    expect(await codeOf(get(redirecting))).toBe('untrusted');
    expect(asked).toBe(0);
  });

  it('is not mistaken for HTTP, nor HTTP for it', async () => {
    const plain = await serve((_, response) => response.end('ok'));
    expect(await codeOf(get(plain.replace('http:', 'https:')))).toBe('untrusted');
    const secure = await serveSelfSigned((_, response) => response.end('ok'));
    expect(await codeOf(get(secure.replace('https:', 'http:')))).not.toBe('timeout');
  });
});

describe('this machine', () => {
  it('is asked only for the path that is allowed, also behind a name', async () => {
    const origin = await serve((_, response) => response.end('ok'));
    const named = origin.replace('127.0.0.1', 'localhost');
    const loopbackPath = '/announce';
    expect(await textOf(get(`${origin}/announce.php`, { loopbackPath }))).toBe('ok');
    expect(await textOf(get(`${named}/announce`, { loopbackPath }))).toBe('ok');
    for (const url of [`${origin}/shutdown`, `${named}/shutdown`, `${origin}/announce/../shutdown`])
      expect(await codeOf(get(url, { loopbackPath }))).toBe('refused-address');
  });

  it.each([
    [
      LOOPBACK,
      ['127.0.0.1', '127.255.0.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'],
    ],
    [
      PRIVATE,
      [
        '10.0.0.1',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.1.1',
        '169.254.169.254',
        '100.64.0.1',
        'fc00::1',
        'fd12::1',
        'fe80::1',
        'fe80::1%eth0',
        '::ffff:10.0.0.1',
      ],
    ],
    [PUBLIC, ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', '::ffff:8.8.8.8', 'no address', '']],
  ])('has reach %i', (reach, addresses) => {
    expect(addresses.map(reachOf)).toEqual(addresses.map(() => reach));
  });
});
