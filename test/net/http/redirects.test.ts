import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { httpGetBy } from '../../../src/net/http/http.ts';
import { httpStreamBy } from '../../../src/net/http/httpStream.ts';
import { PRIVATE, PUBLIC, reachOf } from '../../../src/protocol/encoding/reach.ts';
import { codeOf, get, textOf } from '../getting.ts';
import { serve, serveRaw } from '../servers.ts';

describe('redirects', () => {
  it('are followed, relative ones too', async () => {
    const origin = await serve(({ url }, response) =>
      url === '/end' ? response.end('there') : response.writeHead(302, { location: url === '/' ? '/b' : 'end' }).end(),
    );
    const { body, url } = await get(`${origin}/`);
    expect([Buffer.from(body).toString(), url]).toEqual(['there', `${origin}/end`]);
  });

  it('are followed where the URL is written as users type it: with blanks and UTF-8', async () => {
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

  it('to a magnet link are an answer for a caller that asks for links, and an error for all others', async () => {
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

  it('of an answer that is read as it comes, as a web seed is, are refused in the same way', async () => {
    const stream = httpStreamBy((address) => (address === '127.0.0.2' ? PUBLIC : reachOf(address)));
    let asked = 0;
    const inside = await serve((_, response) => {
      asked++;
      response.end('secret');
    });
    const outside = await serve((_, response) => response.writeHead(302, { location: inside }).end(), '127.0.0.2');
    const how = { timeout: 5000, keep: true, stranger: true, plainNear: true } as const;
    expect(await codeOf(firstValueFrom(stream({ ...how, url: outside })))).toBe('refused-address');
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
