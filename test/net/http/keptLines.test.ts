import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { httpGetBy } from '../../../src/net/http/http.ts';
import { reachOf } from '../../../src/protocol/encoding/reach.ts';
import { codeOf, get, textOf } from '../getting.ts';
import { eventually, held, serve, serveRaw, serveSelfSigned } from '../servers.ts';

/** A web server, and how many connections it was called on. */
const counted = async (listener: RequestListener = (_, response) => response.end('ok')) => {
  const callers = new Set<Socket>();
  const origin = await serve((request, response) => {
    callers.add(request.socket);
    listener(request, response);
  });
  return { origin, callers };
};

describe('a connection to a web server', () => {
  it('is used again by the next request, and closed by one after which there is no other', async () => {
    const { origin, callers } = await counted();
    for (const keep of [true, true, true, false]) expect(await textOf(get(origin, { keep }))).toBe('ok');
    expect(callers.size).toBe(1);
    expect(await eventually(() => held().length === 0)).toBe(true);
    expect(await textOf(get(origin, { keep: true }))).toBe('ok');
    expect(callers.size).toBe(2);
    await get(origin, { keep: false });
  });

  it('is its own unless it may be kept', async () => {
    const { origin, callers } = await counted();
    await get(origin);
    await get(origin);
    expect(callers.size).toBe(2);
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it('may be closed by the other side at any moment: then another one is dialled', async () => {
    let [answers, again] = [0, 0];
    const origin = await serveRaw((socket) => {
      answers++;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      // The second request on it is not answered any more.
      socket.once('data', () => {
        again++;
        socket.destroy();
      });
    });
    for (const keep of [true, true, false]) expect(await textOf(get(origin, { keep }))).toBe('ok');
    expect([answers, again]).toEqual([3, 1]);
  });

  it('gives the error that a fresh one has', async () => {
    const origin = await serveRaw((socket) => socket.destroy());
    expect(await codeOf(get(origin, { keep: true }))).toBe('reset');
    const secure = await serveSelfSigned((_, response) => response.end('ok'));
    expect(await codeOf(get(secure, { keep: true }))).toBe('untrusted');
  });

  it('is judged again for each request: what one was let do another one is not', async () => {
    const { origin, callers } = await counted();
    const { port } = new URL(origin);
    const named = `http://far.example:${port}/other`;
    const near = httpGetBy(reachOf, () => of(['127.0.0.1']));
    const ask = (more: object) => lastValueFrom(near({ url: named, maxBytes: 999, timeout: 5000, ...more }));
    // People have named it themselves.
    expect((await ask({ keep: true })).status).toBe(200);
    await expect(ask({ keep: true, stranger: true })).rejects.toMatchObject({ code: 'refused-address' });
    expect((await ask({ keep: true })).status).toBe(200);
    await expect(ask({ keep: false, loopbackPath: '/announce' })).rejects.toMatchObject({ code: 'refused-address' });
    expect(callers.size).toBe(2);
    expect(await eventually(() => held().length === 0)).toBe(true);
  });
});
