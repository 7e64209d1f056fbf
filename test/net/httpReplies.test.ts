import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codeOf, failing, get, textOf } from './getting.ts';
import { eventually, held, serve, serveRaw } from './servers.ts';

describe('a server that misbehaves', () => {
  const raw = (text: string) => serveRaw((socket) => socket.end(text, 'latin1'));
  const HEAD = 'HTTP/1.1 200 OK\r\n';

  it.each([
    ['is no server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['sends a chunk size that is none', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`],
    [
      'sends a chunk size beyond 2^64',
      `${HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n`,
    ],
    ['sends a negative chunk size', `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n`],
    ['sends a negative length', `${HEAD}Content-Length: -1\r\n\r\nabc`],
    ['sends headers without end', `${HEAD}${'X-A: b\r\n'.repeat(8000)}`],
    ['sends gzip that is none', `${HEAD}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`],
    ['sends brotli that is none', `${HEAD}Content-Encoding: br\r\nContent-Length: 5\r\n\r\n\xff\xff\xff\xff\xff`],
    [
      'sends half of the gzip',
      `${HEAD}Content-Encoding: gzip\r\n\r\n${gzipSync('hello hello').subarray(0, 15).toString('latin1')}`,
    ],
    ['sends an unknown coding', `${HEAD}Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\na`],
  ])('%s: malformed', async (_, text) => {
    expect(await codeOf(get(await raw(text)))).toBe('malformed');
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it.each([
    ['ends lines with a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc'],
    ['does so in some lines only', 'HTTP/1.0 200 OK\r\nServer: x\nContent-Type: a\r\n\nabc'],
    [
      'sends chunks and a length, which counts for nothing',
      `${HEAD}Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    ],
    [
      'sends chunks and a length that is too short',
      `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    ],
  ])('%s: read as others read it', async (_, text) => {
    expect(await textOf(get(await raw(text)))).toBe('abc');
    expect(await eventually(() => held().length === 0)).toBe(true);
  });

  it.each([
    ['regular', `${HEAD}Content-Length: 3\r\n\r\nabc`, 1],
    ['with bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc', 2],
    [
      'with chunks and a length',
      `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      2,
    ],
  ])('a connection is kept after a reply that is regular, and no other: %s', async (_, text, connections) => {
    const sockets = new Set<unknown>();
    const origin = await serveRaw((socket) => {
      sockets.add(socket);
      socket.write(text, 'latin1');
      socket.on('data', () => socket.write(text, 'latin1'));
    });
    for (const path of ['/first', '/second']) expect(await textOf(get(`${origin}${path}`, { keep: true }))).toBe('abc');
    expect(sockets.size).toBe(connections);
  });

  it('hangs up in the middle of the body, or before any answer: reset', async () => {
    expect(await codeOf(get(await raw(`${HEAD}Content-Length: 10\r\n\r\nabc`)))).toBe('reset');
    expect(await codeOf(get(await raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nabc`)))).toBe('reset');
    expect(await codeOf(get(await serveRaw((socket) => socket.destroy())))).toBe('reset');
  });

  it.each([
    ['says nothing', () => undefined],
    ['stops in the middle', (write: (text: string) => void) => write(`${HEAD}Content-Length: 10\r\n\r\nabc`)],
    [
      'keeps continuing',
      (write: (text: string) => void) => setInterval(() => write('HTTP/1.1 100 Continue\r\n\r\n'), 20),
    ],
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
    expect(code).toBe('bad-url');
    expect(message).toContain('127.0.0.1');
    expect(message).not.toMatch(/\p{Cc}/u);
  });
});
