import type { IncomingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { HttpReply, HttpRequest } from '../../src/env.ts';
import { TrackerError } from '../../src/errors.ts';
import { httpGet, httpGetBy } from '../../src/net/http.ts';
import { LOOPBACK, PRIVATE, PUBLIC, reachOf } from '../../src/protocol/reach.ts';
import { deadOrigin, eventually, held, serve, serveRaw, serveSelfSigned } from './servers.ts';

const get = (url: string, more: Partial<HttpRequest> = {}): Promise<HttpReply> => lastValueFrom(httpGet({ url, maxBytes: 100_000, timeout: 5000, ...more }));
const textOf = async (reply: Promise<HttpReply>): Promise<string> => Buffer.from((await reply).body).toString();
const failing = async (reply: Promise<HttpReply>): Promise<{ code: string; retryIn: unknown; message: string }> => {
  const error: unknown = await reply.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TrackerError);
  return error as TrackerError;
};
const codeOf = async (reply: Promise<HttpReply>): Promise<string> => (await failing(reply)).code;

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
    const origin = await serve((_, response) => response.writeHead(200, { 'content-encoding': coding }).end(compress('hello hello hello')));
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

  it('may be unsubscribed at once, before anything is resolved', async () => {
    httpGet({ url: 'http://localhost:9/', maxBytes: 10, timeout: 60_000 })
      .subscribe({ error: () => undefined })
      .unsubscribe();
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it('tells refused from unknown schemes and from what is no URL', async () => {
    expect(await codeOf(get(await deadOrigin()))).toBe('unreachable');
    for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'udp://127.0.0.1:1/', 'data:,x']) expect(await codeOf(get(url))).toBe('unsupported-scheme');
    for (const url of [
      '',
      'announce',
      'http://',
      'http://127.0.0.1:0/',
      'http://127.0.0.1:65536/',
      'http://127.0.0.1/a b',
      'http://127.0.0.1/\r\nX: y',
      'http://bücher.example/',
    ])
      expect(await failing(get(url))).toMatchObject({ code: 'malformed', retryIn: 'never' });
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
    expect([code, message]).toEqual(['unreachable', expect.stringContaining('certificate')]);
    expect(asked).toBe(0);
    const redirecting = await serve((_, response) => response.writeHead(302, { location: origin }).end());
    expect(await codeOf(get(redirecting))).toBe('unreachable');
    expect(asked).toBe(0);
  });

  it('is not mistaken for HTTP, nor HTTP for it', async () => {
    const plain = await serve((_, response) => response.end('ok'));
    expect(await codeOf(get(plain.replace('http:', 'https:')))).toBe('unreachable');
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
    const near$ = httpGetBy(() => PRIVATE)({ url: 'http://203.0.113.9/', maxBytes: 100, timeout: 5000, stranger: true });
    expect(await codeOf(lastValueFrom(near$))).toBe('refused-address');
    const inside = await serve((_, response) => response.end('ours'));
    expect(await textOf(get(inside, { stranger: true }))).toBe('ours');
  });

  it('from this machine to itself are followed', async () => {
    const inside = await serve((_, response) => response.end('ours'));
    const first = await serve((_, response) => response.writeHead(302, { location: inside.replace('127.0.0.1', 'localhost') }).end());
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
    [LOOPBACK, ['127.0.0.1', '127.255.0.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1']],
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

describe('a server that misbehaves', () => {
  const raw = (text: string) => serveRaw((socket) => socket.end(text, 'latin1'));
  const HEAD = 'HTTP/1.1 200 OK\r\n';

  it.each([
    ['is no server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['sends a chunk size that is none', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`],
    ['sends a chunk size beyond 2^64', `${HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n`],
    ['sends a negative chunk size', `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n`],
    ['sends chunks and a length', `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['sends a negative length', `${HEAD}Content-Length: -1\r\n\r\nabc`],
    ['sends headers without end', `${HEAD}${'X-A: b\r\n'.repeat(8000)}`],
    ['sends gzip that is none', `${HEAD}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`],
    ['sends brotli that is none', `${HEAD}Content-Encoding: br\r\nContent-Length: 5\r\n\r\n\xff\xff\xff\xff\xff`],
    ['sends half of the gzip', `${HEAD}Content-Encoding: gzip\r\n\r\n${gzipSync('hello hello').subarray(0, 15).toString('latin1')}`],
    ['sends an unknown coding', `${HEAD}Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\na`],
  ])('%s: malformed', async (_, text) => {
    expect(await codeOf(get(await raw(text)))).toBe('malformed');
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it('hangs up in the middle of the body, or before any answer: unreachable', async () => {
    expect(await codeOf(get(await raw(`${HEAD}Content-Length: 10\r\n\r\nabc`)))).toBe('unreachable');
    expect(await codeOf(get(await raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nabc`)))).toBe('unreachable');
    expect(await codeOf(get(await serveRaw((socket) => socket.destroy())))).toBe('unreachable');
  });

  it.each([
    ['says nothing', () => undefined],
    ['stops in the middle', (write: (text: string) => void) => write(`${HEAD}Content-Length: 10\r\n\r\nabc`)],
    ['keeps continuing', (write: (text: string) => void) => setInterval(() => write('HTTP/1.1 100 Continue\r\n\r\n'), 20)],
    ['drips', (write: (text: string) => void) => setInterval(() => write('x'), 20)],
  ])('%s: timeout of the whole exchange', async (_, talk) => {
    const origin = await serveRaw((socket) => {
      const timer = talk((text) => socket.write(text));
      socket.on('close', () => clearInterval(timer as NodeJS.Timeout | undefined));
    });
    expect(['timeout', 'malformed']).toContain(await codeOf(get(origin, { timeout: 200 })));
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it('sends a body without end: cut off at the limit', async () => {
    const origin = await serve((_, response) => {
      const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), more));
      more();
    });
    expect((await failing(get(origin))).message).toContain('longer than 100000 bytes');
  });

  it('quotes no control bytes at us', async () => {
    const origin = await raw('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\x1b[2J\x9b\r\n\r\n');
    const { code, message } = await failing(get(origin));
    expect(code).toBe('malformed');
    expect(message).toContain('127.0.0.1');
    expect(message).not.toMatch(/\p{Cc}/u);
  });
});
