import fs from 'node:fs';
import path from 'node:path';
import { connect, type Socket } from 'node:net';
import { filter, firstValueFrom, map, share, takeUntil, Subject, tap } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { client } from '../../src/client.ts';
import { MAX_UNDECIDED, reception } from '../../src/discovery/reception.ts';
import type { DownloadEvent, PeerAddress } from '../../src/env.ts';
import { nodeEnv } from '../../src/node.ts';
import { encodeHandshake } from '../../src/protocol/handshake.ts';
import { encodeMessages } from '../../src/protocol/messages.ts';
import { contentOf, newFolder, sha256OnDisk } from '../swarm/content.ts';
import { eventually, run } from '../swarm/run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const content = contentOf({ length: 4 * MiB });
const sockets = new Set<Socket>();

/** Somebody who calls from one of the addresses of this machine. */
const dial = (port: number, from = '127.0.0.1'): Socket => {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
  return socket.resume();
};

/** A seed of ours. */
const seed = async () => {
  const folder = newFolder();
  fs.writeFileSync(path.join(folder, content.torrent.name), content.bytes);
  const events: DownloadEvent[] = [];
  const stop$ = new Subject<void>();
  const it = client(nodeEnv(), { ports: [0], host: '127.0.0.1' });
  const event$ = it.download(content.torrent, { target: { folder }, trackers: [], recheck: true, seed: {} }).pipe(
    tap((event) => events.push(event)),
    takeUntil(stop$),
    share(),
  );
  const port$ = event$.pipe(
    filter((event) => event.type === 'port-open'),
    map(({ port }) => port),
  );
  const running = event$.subscribe();
  const port = await firstValueFrom(port$).catch(() => 0);
  onTestFinished(() => {
    stop$.next();
    running.unsubscribe();
    for (const socket of sockets) socket.destroy();
  });
  return { events, port, ready: () => eventually(() => events.some(({ type }) => type === 'done')) };
};

const listening = async () => {
  const it = await seed();
  const port = it.port || (it.events.find((event) => event.type === 'port-open')?.port ?? 0);
  await it.ready();
  return { ...it, port };
};

/** An honest leecher gets all. */
const servesOthers = async (port: number): Promise<void> => {
  const peer: PeerAddress = { host: '127.0.0.1', port, source: 'manual' };
  const ran = await run(content, { peers: [peer] });
  expect(sha256OnDisk(content, ran.folder)).toBe(content.sha256);
};

const opened = (all: readonly Socket[]): Promise<boolean> => eventually(() => all.every((socket) => !socket.connecting || socket.destroyed), 20_000);
const handles = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
const greeting = (infoHash: Uint8Array, id: number): Uint8Array => encodeHandshake({ infoHash, peerId: new Uint8Array(20).fill(id), fast: true });

describe('a port among strangers', () => {
  it('500 who say nothing have no more than their places, and the others are served', { timeout: 60_000 }, async () => {
    const { port, events } = await listening();
    const idle = Array.from({ length: 500 }, (_, n) => dial(port, `127.0.${1 + (n % 10)}.1`));
    expect(await opened(idle)).toBe(true);
    expect(await eventually(() => idle.filter(({ destroyed }) => !destroyed).length <= MAX_UNDECIDED)).toBe(true);
    await servesOthers(port);
    // All of them are gone when their time is over, and nobody heard of them.
    expect(await eventually(() => idle.every(({ destroyed }) => destroyed), 10_000)).toBe(true);
    expect(events.filter(({ type }) => type === 'peer-joined').length).toBeLessThanOrEqual(1);
  });

  it('500 who greet and say nothing then have no more than their places', { timeout: 60_000 }, async () => {
    const { port, events } = await listening();
    await servesOthers(port);
    const idle = Array.from({ length: 500 }, (_, n) => dial(port, `127.0.${1 + (n % 10)}.1`));
    idle.forEach((socket, n) =>
      socket.write(Buffer.concat([encodeHandshake({ infoHash: content.torrent.infoHash, peerId: Buffer.from(`-XX0000-${String(n).padStart(12, '0')}`) })])),
    );
    expect(await opened(idle)).toBe(true);
    expect(await eventually(() => idle.filter(({ destroyed }) => !destroyed).length <= 200)).toBe(true);
    const joined = (): number => events.filter(({ type }) => type === 'peer-joined').length;
    expect(await eventually(() => joined() >= 100)).toBe(true);
    for (const socket of idle.slice(0, 450)) socket.destroy();
    await servesOthers(port);
  });

  it('those who drip are gone after five seconds, however slowly they do', { timeout: 60_000 }, async () => {
    const { port } = await listening();
    const slow = Array.from({ length: 20 }, () => dial(port));
    const bytes = greeting(content.torrent.infoHash, 7);
    let at = 0;
    const dripping = setInterval(() => {
      for (const socket of slow) if (!socket.destroyed) socket.write(bytes.subarray(at, at + 1));
      at++;
    }, 400);
    onTestFinished(() => clearInterval(dripping));
    await servesOthers(port);
    expect(await eventually(() => slow.every(({ destroyed }) => destroyed), 8000)).toBe(true);
    expect(at).toBeLessThan(48);
  });

  it('10,000 calls leave nothing behind', { timeout: 120_000 }, async () => {
    const { port, events } = await listening();
    const before = { memory: process.memoryUsage().rss, handles: handles() };
    for (let round = 0; round < 40; round++) {
      const some = Array.from({ length: 250 }, (_, n) => dial(port, `127.1.${round}.${1 + (n % 20)}`));
      for (const [n, socket] of some.entries()) {
        if (n % 4 === 0) socket.write(greeting(new Uint8Array(20).fill(n), n));
        if (n % 4 === 1) socket.write(Buffer.alloc(1000, n));
        if (n % 4 === 2) socket.end();
      }
      await opened(some);
      for (const socket of some) socket.destroy();
    }
    expect(await eventually(() => handles() <= before.handles, 10_000)).toBe(true);
    expect(process.memoryUsage().rss - before.memory).toBeLessThan(150 * MiB);
    expect(events.some(({ type }) => type === 'peer-joined')).toBe(false);
    await servesOthers(port);
  });

  it('garbage before and after the greeting is hung up on', async () => {
    const { port, events } = await listening();
    const { infoHash } = content.torrent;
    const said = [
      Buffer.from('GET /announce HTTP/1.1\r\n\r\n'),
      Buffer.alloc(4096, 0xff),
      greeting(new Uint8Array(20).fill(1), 1),
      Buffer.concat([greeting(infoHash, 2), Buffer.from([0x7f, 0xff, 0xff, 0xff])]),
      Buffer.concat([greeting(infoHash, 3), encodeMessages([{ type: 'have', piece: 1_000_000 }])]),
      Buffer.concat([greeting(infoHash, 4), Buffer.alloc(100_000, 0xaa)]),
    ];
    const all = said.map((bytes) => {
      const socket = dial(port);
      socket.write(bytes);
      return socket;
    });
    expect(await eventually(() => all.every(({ destroyed }) => destroyed))).toBe(true);
    expect(
      events
        .filter((event) => event.type === 'peer-left')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['malformed', 'oversized', 'oversized']);
    await servesOthers(port);
  });
});

describe('a reception', () => {
  it('hangs up on all who have not been handed on when it is closed', async () => {
    let port = 0;
    const running = reception(nodeEnv(), { ports: [0], host: '127.0.0.1' }).subscribe((it) => (port = it.port));
    onTestFinished(() => running.unsubscribe());
    await eventually(() => port > 0);
    const idle = Array.from({ length: 20 }, () => dial(port));
    await opened(idle);
    running.unsubscribe();
    expect(await eventually(() => idle.every(({ destroyed }) => destroyed))).toBe(true);
  });
});
