import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer as createTracker } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastValueFrom } from 'rxjs';
import { create } from '../../src/create.ts';
import { nodeEnv } from '../../src/node.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { figure, median, MiB, spread, table } from './measure.ts';
import { ended, HOST, isolated, peakOf, says, started, usedBy } from './processes.ts';

const PEERS = Number(process.argv[2] ?? 200);
/** Seconds of one look, and how many there are. */
const SECONDS = 10;
const ROUNDS = 3;
/** Connections have been made, and files been looked at. */
const CALM_AFTER = 5;
const CLI = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const PORT = 7001;
const FIRST_PEER = 20_000;

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000));

const made = async (folder: string): Promise<{ readonly file: string; readonly torrent: Torrent }> => {
  const content = createHash('shake256', { outputLength: 32 * MiB })
    .update('content')
    .digest();
  fs.writeFileSync(path.join(folder, 'content'), content);
  const last = await lastValueFrom(create(path.join(folder, 'content'), nodeEnv(), { pieceLength: 262_144 }));
  if (last.type !== 'created') throw new Error('no torrent was made');
  const file = path.join(folder, 'content.torrent');
  fs.writeFileSync(file, last.bytes);
  return { file, torrent: last.torrent };
};

const greet = (socket: Socket, n: number, torrent: Torrent, says: readonly Message[]): void => {
  socket.on('error', () => {});
  socket.resume();
  socket.write(
    encodeHandshake({
      infoHash: torrent.infoHash,
      peerId: Buffer.from(`-XX0000-${String(n).padStart(12, '0')}`),
      fast: true,
    }),
  );
  socket.write(encodeMessages(says));
};

/** Milliseconds of processor in each second, in several looks. */
const watched = async (child: ChildProcess): Promise<number[]> => {
  await seconds(CALM_AFTER);
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = usedBy(child);
    await seconds(SECONDS);
    taken.push((usedBy(child) - before) / SECONDS);
  }
  return taken;
};

interface Row {
  readonly name: string;
  readonly taken: readonly number[];
  readonly peak: number;
}

/** A seed that has so many leechers, who want nothing now. */
const seed = async (file: string, torrent: Torrent, folder: string, peers: number): Promise<Row> => {
  const child = started(process.execPath, [
    CLI,
    'seed',
    file,
    folder,
    '--port',
    String(PORT),
    '--no-dht',
    '--no-lsd',
    '--json',
  ]);
  await says(child, /"done"/);
  const sockets = Array.from({ length: peers }, (_, n) => {
    const socket = connect(PORT, HOST);
    socket.once('connect', () => greet(socket, n, torrent, [{ type: 'haveNone' }]));
    return socket;
  });
  const taken = await watched(child);
  const left = sockets.filter(({ destroyed }) => destroyed).length;
  if (left > 0) throw new Error(`${left} of ${peers} were hung up on`);
  const peak = peakOf(child);
  for (const socket of sockets) socket.destroy();
  await ended(child);
  return { name: `a seed, ${peers} peers`, taken, peak };
};

/** A download that waits for so many seeds, who choke it. */
const download = async (file: string, torrent: Torrent, folder: string, peers: number): Promise<Row> => {
  const open = new Set<Socket>();
  const servers = Array.from({ length: peers }, (_, n) =>
    createServer((socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      greet(socket, n, torrent, [{ type: 'haveAll' }]);
    }).listen(FIRST_PEER + n, HOST),
  );
  const compact = Buffer.concat(
    servers.map((_, n) => Buffer.from([...HOST.split('.').map(Number), (FIRST_PEER + n) >> 8, (FIRST_PEER + n) & 255])),
  );
  const reply = Buffer.concat([Buffer.from(`d8:intervali1800e5:peers${compact.length}:`), compact, Buffer.from('e')]);
  const tracker = createTracker((_, response) => response.end(reply)).listen(6969, HOST);
  const options = ['--tracker', `http://${HOST}:6969/announce`, '--no-dht', '--no-lsd', '--no-listen', '--json'];
  const child = started(process.execPath, [CLI, 'download', file, '-o', folder, ...options]);
  const taken = await watched(child);
  if (open.size < peers) throw new Error(`${open.size} of ${peers} are connected`);
  const peak = peakOf(child);
  await ended(child);
  for (const server of [...servers, tracker]) server.close();
  return { name: `a download, ${peers} peers who choke it`, taken, peak };
};

const look = async (): Promise<void> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const { file, torrent } = await made(folder);
  const into = path.join(folder, 'download');
  fs.mkdirSync(into);
  const rows = [
    await seed(file, torrent, folder, 0),
    await seed(file, torrent, folder, PEERS),
    await download(file, torrent, into, PEERS),
  ];
  table(
    `idle: milliseconds of processor in a second (medians of ${ROUNDS} times ${SECONDS} s)`,
    ['', 'ms/s', 'spread', 'peak MiB'],
    rows.map(({ name, taken, peak }) => [name, figure(median(taken)), spread(taken), figure(peak / MiB)]),
  );
};

if (isolated()) {
  await look();
  process.exit();
}
