import { connect, type Socket } from 'node:net';
import { NEVER, Observable, range, concatMap, map, take, throwError } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ReadRange } from '../../../src/download/running/readRange.ts';
import { siteOf } from '../../../src/cli/stream/site.ts';
import { type StreamServer, streamServer } from '../../../src/cli/stream/streamServer.ts';
import { bytesOf, torrentOf } from '../../disk/torrents.ts';
import { eventually } from '../../net/servers.ts';

const MiB = 2 ** 20;
const SIZE = 40 * MiB;
const torrent = torrentOf({
  name: 'film.mkv',
  layout: 'file',
  files: [{ path: ['film.mkv'], length: SIZE }],
  pieceLength: MiB,
});
const piece = bytesOf(MiB);

/** Reads as a download does, and counts. */
const reading = () => {
  const seen = { pieces: 0, readers: 0 };
  const read = (_: number, { start = 0, end = 0, ready = () => range(1) }: ReadRange): Observable<Uint8Array> =>
    new Observable((subscriber) => {
      seen.readers++;
      const pieces$ = range(0, Math.ceil((end - start) / MiB)).pipe(
        concatMap((nth) =>
          ready().pipe(
            take(1),
            map(() => (seen.pieces++, piece.subarray(0, Math.min(MiB, end - start - nth * MiB)))),
          ),
        ),
      );
      subscriber.add(pieces$.subscribe(subscriber));
      return () => seen.readers--;
    });
  return { seen, read };
};

const serving = async (
  read: (file: number, range: ReadRange) => Observable<Uint8Array>,
  options: Partial<Parameters<typeof streamServer>[0]> = {},
): Promise<StreamServer> => {
  const server = await streamServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  server.shown = { site: siteOf(server.origin, '/', torrent, () => true), read };
  return server;
};

/** So many players that ask for all of a file, and read none of it. */
const takeNothing = (count: number, origin: string): readonly Socket[] => {
  const { port, host } = new URL(origin);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    socket.pause();
    socket.write(`GET /1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return socket;
  });
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return sockets;
};

describe('a server for players', () => {
  it('gives bytes, parts of them, and heads', async () => {
    const { seen, read } = reading();
    const { origin } = await serving(read);
    const part = await fetch(`${origin}/1/film.mkv`, { headers: { range: 'bytes=100-1048677' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, MiB + 2]);
    const head = await fetch(`${origin}/1`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(SIZE), '']);
    expect(await eventually(() => seen.readers === 0)).toBe(true);
    expect(seen.pieces).toBe(2);
  });

  it('reads no further than a player that is paused takes, and stops when it leaves', async () => {
    const { seen, read } = reading();
    const { origin } = await serving(read);
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write(`GET /1 HTTP/1.1\r\nHost: ${new URL(origin).host}\r\n\r\n`);
    expect(await eventually(() => seen.pieces > 0)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // What the kernel keeps, and a piece.
    expect(seen.pieces).toBeLessThan(20);
    socket.destroy();
    expect(await eventually(() => seen.readers === 0)).toBe(true);
  });

  it('has sixteen readers at most, and serves again when one has left', async () => {
    const { seen, read } = reading();
    const { origin } = await serving(read);
    const sockets = takeNothing(40, origin);
    expect(await eventually(() => seen.readers === 16)).toBe(true);
    const refused = await fetch(`${origin}/1`, { headers: { connection: 'close' } });
    expect([refused.status, seen.readers]).toEqual([503, 16]);
    sockets.forEach((socket) => socket.destroy());
    expect(await eventually(() => seen.readers === 0)).toBe(true);
    expect((await fetch(`${origin}/1`, { headers: { range: 'bytes=0-9' } })).status).toBe(206);
  });

  it('has sixty-four connections at most, and answers others beside a thousand that ask for nothing', async () => {
    const { read } = reading();
    const told: string[] = [];
    const { origin } = await serving(read, { crowded: (what) => told.push(what) });
    const port = Number(new URL(origin).port);
    const player = await fetch(`${origin}/1`);
    const open = new Set<number>();
    const sockets = Array.from({ length: 1000 }, (_, nth) =>
      connect(port, '127.0.0.1')
        .on('connect', () => open.add(nth))
        .on('close', () => open.delete(nth))
        .on('error', () => undefined),
    );
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    expect(await eventually(() => sockets.every(({ connecting }) => !connecting) && open.size < 64)).toBe(true);
    const part = await fetch(`${origin}/1`, { headers: { range: 'bytes=0-9' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10]);
    expect((await player.arrayBuffer()).byteLength).toBe(SIZE);
    expect(told).toEqual([expect.stringMatching(/64 connections/)]);
  });

  it('gives the place of a reader that takes nothing to another, and tells of the crowd', async () => {
    const { seen, read } = reading();
    const told: string[] = [];
    const { origin } = await serving(read, { crowded: (what) => told.push(what), stalledAfter: 300 });
    takeNothing(16, origin);
    expect(await eventually(() => seen.readers === 16)).toBe(true);
    expect((await fetch(`${origin}/1`)).status).toBe(503);
    expect(told).toEqual([expect.stringMatching(/16 read/)]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const player = await fetch(`${origin}/1`);
    expect([player.status, (await player.arrayBuffer()).byteLength]).toEqual([200, SIZE]);
    expect(await eventually(() => seen.readers === 15)).toBe(true);
  });

  it('answers before the bytes are there, so that a player leaves the place from which it has jumped', async () => {
    const { origin } = await serving(() => NEVER);
    const { status, body } = await fetch(`${origin}/1`, { headers: { range: 'bytes=7-' } });
    expect(status).toBe(206);
    await body?.cancel();
  });

  it('breaks the connection where the bytes can not be had', async () => {
    const { origin } = await serving(() => throwError(() => new Error('damaged')));
    await expect(fetch(`${origin}/1`).then((reply) => reply.arrayBuffer())).rejects.toThrow();
  });

  it('says that the port is taken', async () => {
    const { origin } = await serving(reading().read);
    const taken = streamServer({ host: '127.0.0.1', port: Number(new URL(origin).port) });
    await expect(taken).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/cannot serve/) as unknown,
    });
  });
});
