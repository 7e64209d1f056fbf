import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { nameServer } from '../net/nameServer.ts';
import { contentOf } from '../swarm/content.ts';
import { folder, MAIN } from './run.ts';

const PRELOAD = fileURLToPath(new URL('deadNames.cjs', import.meta.url));

/**
 * Milliseconds from the end of the work to that of the process; a lookup that nobody can give up takes five times as
 * long.
 */
export const SOON = 2_500;

export const content = contentOf({ name: 'a', length: 200_000 });
const { pieceLength, pieceHashes } = content.torrent;
const infoHash = toHex(content.torrent.infoHash);

/** A process under way: how it ends, and when it has printed something. */
export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly at: number;
    readonly out: string;
  }>;
  readonly says: (pattern: RegExp) => Promise<number>;
}

/** Starts a program for which name servers are those of `env` (see `deadNames.cjs`). */
export const start = (args: readonly string[], env: Record<string, string>): Run => {
  const child = spawn(process.execPath, ['--require', PRELOAD, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  const ended: Run['ended'] = new Promise((resolve) =>
    child.on('exit', (code, signal) => setTimeout(() => resolve({ code, signal, at: performance.now(), out }), 50)),
  );
  const says = async (pattern: RegExp): Promise<number> => {
    await expect.poll(() => out, { timeout: 20_000, interval: 5 }).toMatch(pattern);
    return performance.now();
  };
  return { child, ended, says };
};

const silent = async (server: Server): Promise<number> => {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

/** A world in which nobody says anything: name servers, peers, web servers. */
export const nobody = async () => {
  const names = await nameServer(() => 'silence');
  const port = await silent(createServer());
  const web = await silent(createHttp(() => undefined));
  const home = folder();
  const torrent = join(home, 'a.torrent');
  const announce = [
    ['http://tracker.example.org/announce'],
    ['udp://other.example.org:6969'],
    [`http://127.0.0.1:${web}/announce`],
    ['https://127.0.0.1:1/announce'],
  ];
  writeFileSync(torrent, encodeTorrent({ name: 'a', pieceLength, pieceHashes, length: 200_000, announce }));
  const env = {
    NAME_SERVER: names.at,
    RXTORRENT_NO_LSD: '1',
    RXTORRENT_NO_LISTEN: '1',
    RXTORRENT_NO_PORT_MAPPING: '1',
    RXTORRENT_BOOTSTRAP: 'router.example.org:6881',
    XDG_STATE_HOME: home,
    HOME: home,
  };
  const magnet = `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent('http://tracker.example.org/announce')}`;
  mkdirSync(join(home, 'out'));
  const run = (...args: readonly string[]): Run => start([MAIN, ...args], env);
  return { names, torrent, magnet, port, web, home, env, run };
};

export type World = Awaited<ReturnType<typeof nobody>>;
