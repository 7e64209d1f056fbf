import fs from 'node:fs';
import path from 'node:path';
import { connect, type Socket } from 'node:net';
import { filter, firstValueFrom, map, share, takeUntil, Subject, tap } from 'rxjs';
import { expect, onTestFinished } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { nodeEnv } from '../../src/node.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { contentOf, newFolder, sha256OnDisk } from '../swarm/content.ts';
import { eventually, run } from '../swarm/run.ts';

const MiB = 1024 * 1024;
export const content = contentOf({ length: 4 * MiB });
const sockets = new Set<Socket>();

/** Somebody who calls from one of the addresses of this machine. */
export const dial = (port: number, from = '127.0.0.1'): Socket => {
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

export const listening = async () => {
  const it = await seed();
  const port = it.port || (it.events.find((event) => event.type === 'port-open')?.port ?? 0);
  await it.ready();
  return { ...it, port };
};

/** An honest leecher gets all. */
export const servesOthers = async (port: number): Promise<void> => {
  const peer: PeerAddress = { host: '127.0.0.1', port, source: 'manual' };
  const ran = await run(content, { peers: [peer] });
  expect(sha256OnDisk(content, ran.folder)).toBe(content.sha256);
};

export const opened = (all: readonly Socket[]): Promise<boolean> =>
  eventually(() => all.every((socket) => !socket.connecting || socket.destroyed), 20_000);
export const greeting = (infoHash: Uint8Array, id: number): Uint8Array =>
  encodeHandshake({ infoHash, peerId: new Uint8Array(20).fill(id), fast: true });
