/**
 * Downloads by uTP alone over loopback: each of two leechers from each of two seeds, in turns.
 *
 *     npm run build && npx tsx test/bench/overUtp.ts [MIB] [ROUNDS]
 */
import { createHash } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastValueFrom } from 'rxjs';
import { create } from '../../src/create.ts';
import { nodeEnv } from '../../src/node.ts';
import { figure, median, MiB, ratio, spread, table } from './measure.ts';
import { ended, HOST, isolated, says, started, usedBy } from './processes.ts';

const [MIB = 100, ROUNDS = 5] = process.argv.slice(2).map(Number);
const PYTHON = '/usr/bin/python3';
const CLI = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const ALONE = ['--no-tcp', '--no-dht', '--no-lsd', '--no-trackers', '--no-port-mapping'];

/** Milliseconds from start to end of the leecher, and of processor that it and the seed took. */
interface Taken {
  readonly wall: number;
  readonly leecher: number;
  readonly seed: number;
}

interface Client {
  readonly port: number;
  readonly seed: (torrent: string, folder: string) => Promise<ChildProcess>;
  readonly get: (torrent: string, into: string, peer: string) => readonly string[];
}

const node = (): readonly string[] => [
  process.execPath,
  ...(process.env['BENCH_NODE'] ?? '').split(' ').filter(Boolean),
  CLI,
];

const CLIENTS: Readonly<Record<string, Client>> = {
  rxtorrent: {
    port: 7001,
    seed: async (torrent, folder) => {
      const [program = '', ...before] = node();
      const child = started(program, [...before, 'seed', torrent, folder, '--port', '7001', '--json', ...ALONE]);
      await says(child, /"done"/);
      return child;
    },
    get: (torrent, into, peer) => [
      ...node(),
      'download',
      torrent,
      '-o',
      `${into}/`,
      '--peer',
      peer,
      '--quiet',
      ...ALONE,
    ],
  },
  libtorrent: {
    port: 7002,
    seed: async (torrent, folder) => {
      const child = started(PYTHON, [here('libtorrentSeed.py'), torrent, folder, `${HOST}:7002`, 'utp']);
      await says(child, /ready/);
      return child;
    },
    get: (torrent, into, peer) => [PYTHON, here('libtorrentLeecher.py'), torrent, into, HOST, 'utp', peer],
  },
};

/** Content of which no two pieces are the same, in memory if there is room. */
const made = async (folder: string): Promise<string> => {
  const bytes = createHash('shake256', { outputLength: MIB * MiB })
    .update('content')
    .digest();
  fs.writeFileSync(path.join(folder, 'content'), bytes);
  const last = await lastValueFrom(create(path.join(folder, 'content'), nodeEnv(), { pieceLength: MiB }));
  if (last.type !== 'created') throw new Error('no torrent was made');
  const torrent = path.join(folder, 'content.torrent');
  fs.writeFileSync(torrent, last.bytes);
  return torrent;
};

/** Runs a leecher to its end under a shell that tells what it took. */
const taken = async (command: readonly string[], seed: ChildProcess): Promise<Taken> => {
  const before = usedBy(seed);
  const timed = 'TIMEFORMAT="took %R %U %S"; time "$@" >&2';
  const child = started('bash', ['-c', `exec 3>&1; { ${timed} 2>&4; } 4>&2 2>&3`, 'bash', ...command]);
  const [, ...numbers] = /took ([\d.]+) ([\d.]+) ([\d.]+)/.exec(await says(child, /took [\d.]+ [\d.]+ [\d.]+\n/)) ?? [];
  const [wall = 0, user = 0, system = 0] = numbers.map((each) => Number(each) * 1_000);
  return { wall, leecher: user + system, seed: usedBy(seed) - before };
};

const race = async (): Promise<void> => {
  const room = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(room, 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const torrent = await made(folder);
  const names = Object.keys(CLIENTS);
  const pairs = names.flatMap((seed) => names.map((leecher) => ({ seed, leecher, all: [] as Taken[] })));
  const into = path.join(folder, 'leech');
  for (let round = 0; round < ROUNDS; round++) {
    for (const { seed, leecher, all } of pairs) {
      const [gives, gets] = [CLIENTS[seed], CLIENTS[leecher]];
      if (gives === undefined || gets === undefined) continue;
      fs.rmSync(into, { recursive: true, force: true });
      fs.mkdirSync(into);
      const child = await gives.seed(torrent, folder);
      all.push(await taken(gets.get(torrent, into, `${HOST}:${gives.port}`), child));
      if (!fs.readFileSync(path.join(into, 'content')).equals(fs.readFileSync(path.join(folder, 'content'))))
        throw new Error(`${leecher} has not got what ${seed} gave`);
      await ended(child);
    }
  }
  const theirs = pairs.at(-1)?.all.map(({ wall }) => wall) ?? [];
  table(
    `${MIB} MiB by uTP alone over loopback (medians of ${ROUNDS})`,
    ['leecher', 'seed', 'MiB/s', 'spread', 'leecher ms/GiB', 'seed ms/GiB', 'time / libtorrent to libtorrent'],
    pairs.map(({ seed, leecher, all }) => [
      leecher,
      seed,
      figure(MIB / (median(all.map(({ wall }) => wall)) / 1_000)),
      spread(all.map(({ wall }) => wall)),
      figure((median(all.map((each) => each.leecher)) * 1_024) / MIB),
      figure((median(all.map((each) => each.seed)) * 1_024) / MIB),
      ratio(
        all.map(({ wall }) => wall),
        theirs,
      ).toFixed(2),
    ]),
  );
};

if (isolated()) await race();
