import type { IncomingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { httpGet, httpGetBy } from '../../../src/net/http/http.ts';
import { LOOPBACK, PRIVATE, PUBLIC, reachOf } from '../../../src/protocol/encoding/reach.ts';
import { codeOf, failing, get, textOf } from '../getting.ts';
import { deadOrigin, eventually, held, serve, serveRaw, serveSelfSigned } from '../servers.ts';

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

  it('says who it is, keeps the path byte for byte, and keeps no connection', async () => {
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
    expect(await failure).toMatchObject({ code: 'refused', message: `${url}: nobody listens there` });
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
  it('is checked: who can not prove a name is not asked', async () => {
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

describe('redirects', () => {
  it('are followed, relative ones too', async () => {
    const origin = await serve(({ url }, response) =>
      url === '/end' ? response.end('there') : response.writeHead(302, { location: url === '/' ? '/b' : 'end' }).end(),
    );
    const { body, url } = await get(`${origin}/`);
    expect([Buffer.from(body).toString(), url]).toEqual(['there', `${origin}/end`]);
  });

  it('are followed where the place is written as people write it: with blanks and UTF-8', async () => {
    const seen: string[] = [];
    const origin = await serveRaw((socket, request) => {
      const [, path = ''] = request.split(' ');
      seen.push(path);
      const location = Buffer.from(path === '/' ? ' /ä b/\xff' : '').toString();
      socket.end(
        path === '/'
          ? Buffer.from(`HTTP/1.1 302 Found\r\nLocation:${location}\r\n\r\n`)
          : 'HTTP/1.1 200 OK\r\n\r\nthere',
      );
    });
    expect(await textOf(get(`${origin}/`))).toBe('there');
    expect(seen).toEqual(['/', '/%C3%A4%20b/%C3%BF']);
  });

  it('to a host in letters of another script are not followed', async () => {
    for (const location of ['http://ä.example/', '//ä.example/', 'http:\\\\ä.example/']) {
      const origin = await serveRaw((socket) =>
        socket.end(Buffer.from(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`)),
      );
      expect(await codeOf(get(origin))).toBe('bad-url');
    }
  });

  it('to a magnet link are an answer for whoever can do something with it, and an error for all others', async () => {
    const link = 'magnet:?xt=urn:btih:89d97c2261a21b040cf11caa661a3ba7233bb7e6&dn=ä';
    const origin = await serveRaw((socket) =>
      socket.end(Buffer.from(`HTTP/1.1 302 Found\r\nLocation: ${link}\r\n\r\n`)),
    );
    const first = await serve((_, response) => response.writeHead(302, { location: origin }).end());
    expect(await get(first, { links: true })).toMatchObject({
      url: link.replace('ä', '%C3%A4'),
      body: new Uint8Array(),
    });
    expect(await codeOf(get(first))).toBe('unsupported-scheme');
  });

  it('end after five', async () => {
    let asked = 0;
    const origin = await serve((_, response) => response.writeHead(301, { location: `/${++asked}` }).end());
    expect(await codeOf(get(origin))).toBe('malformed');
    expect(asked).toBe(6);
  });

  it('to another scheme are refused', async () => {
    for (const location of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'javascript:1']) {
      const origin = await serve((_, response) => response.writeHead(302, { location }).end());
      expect(await codeOf(get(origin))).toBe('unsupported-scheme');
    }
  });

  it('do not tell another origin our credentials', async () => {
    const seen: (string | undefined)[] = [];
    const second = await serve(({ headers }, response) => {
      seen.push(headers.authorization, headers.cookie, headers['x-own'] as string);
      response.end();
    });
    const first = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers.cookie);
      response.writeHead(302, { location: request.url === '/' ? '/again' : second }).end();
    });
    await get(first.replace('http://', 'http://user:secret@'), { headers: { Cookie: 'c=1', 'X-Own': 'yes' } });
    const basic = `Basic ${Buffer.from('user:secret').toString('base64')}`;
    expect(seen).toEqual([basic, 'c=1', basic, 'c=1', undefined, undefined, 'yes']);
  });

  it('from far away to this machine or a private network are refused, by name and by number', async () => {
    // 127.0.0.2 plays the public host, all else is as it is.
    const from = httpGetBy((address) => (address === '127.0.0.2' ? PUBLIC : reachOf(address)));
    let asked = 0;
    const inside = await serve((_, response) => {
      asked++;
      response.end('secret');
    });
    const { port } = new URL(inside);
    for (const target of [
      inside,
      `http://localhost:${port}/`,
      `http://2130706433:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      'http://10.0.0.1/',
      'http://[fe80::1]/',
    ]) {
      const outside = await serve((_, response) => response.writeHead(302, { location: target }).end(), '127.0.0.2');
      expect(await codeOf(lastValueFrom(from({ url: outside, maxBytes: 100, timeout: 5000 })))).toBe('refused-address');
    }
    expect(asked).toBe(0);
  });

  it('are not needed to be led into the house: a host that claims to be far away must be', async () => {
    // Refused before anything is dialled.
    const near$ = httpGetBy(() => PRIVATE)({
      url: 'http://203.0.113.9/',
      maxBytes: 100,
      timeout: 5000,
      stranger: true,
    });
    expect(await codeOf(lastValueFrom(near$))).toBe('refused-address');
    const inside = await serve((_, response) => response.end('ours'));
    expect(await textOf(get(inside, { stranger: true }))).toBe('ours');
  });

  it('from this machine to itself are followed', async () => {
    const inside = await serve((_, response) => response.end('ours'));
    const first = await serve((_, response) =>
      response.writeHead(302, { location: inside.replace('127.0.0.1', 'localhost') }).end(),
    );
    expect(await textOf(get(first))).toBe('ours');
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
