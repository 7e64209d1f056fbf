/**
 * Four clients of a kind have a file from one seed of the same kind, and from one another, on loopback; ours and
 * libtorrent's in turns.
 *
 *     npm run build && npx tsx test/bench/four.ts [MIB] [ROUNDS]
 */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { made } from './content.ts';
import { figure, median, MiB, ratio, spread, table } from './measure.ts';
import { ended, HOST, isolated, peakOf, says, started, usedBy } from './processes.ts';

const [MIB = 1024, ROUNDS = 5] = process.argv.slice(2).map(Number);
const LEECHERS = 4;
const PIECE = MiB;
const CLI = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Member {
  readonly torrent: string;
  readonly folder: string;
  readonly port: number;
  readonly peers: readonly number[];
}

interface Kind {
  readonly seed: (torrent: string, folder: string, port: number) => Promise<ChildProcess>;
  /** A leecher, and when it has all; then it goes on giving. */
  readonly leech: (member: Member) => readonly [child: ChildProcess, done: Promise<unknown>];
}

const ALONE = ['--no-dht', '--no-lsd', '--no-trackers', '--no-port-mapping', '--json'];

const ours: Kind = {
  seed: async (torrent, folder, port) => {
    const child = started(process.execPath, [CLI, 'seed', torrent, folder, '--port', String(port), ...ALONE]);
    await says(child, /"port-open"/);
    return child;
  },
  leech: ({ torrent, folder, port, peers }) => {
    const known = peers.flatMap((peer) => ['--peer', `${HOST}:${peer}`]);
    const where = ['--output', `${folder}/`, '--port', String(port), '--seed'];
    const child = started(process.execPath, [CLI, 'download', torrent, ...where, ...known, ...ALONE]);
    return [child, says(child, /"type":"done"/)];
  },
};

const theirs: Kind = {
  seed: async (torrent, folder, port) => {
    const child = started('/usr/bin/python3', [here('libtorrentSeed.py'), torrent, folder, `${HOST}:${port}`]);
    await says(child, /ready/);
    return child;
  },
  leech: ({ torrent, folder, port, peers }) => {
    const known = peers.map((peer) => `${HOST}:${peer}`);
    const args = [here('libtorrentLeecher.py'), torrent, folder, `${HOST}:${port}`, 'stay', ...known];
    const child = started('/usr/bin/python3', args);
    return [child, says(child, /\n/)];
  },
};

/** Milliseconds until the last one has all, and of processor that all five took meanwhile; bytes of the largest. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
}

const digestOf = (file: string): string => createHash('sha1').update(fs.readFileSync(file)).digest('hex');

/** A client that has all may be writing still. */
const becomes = async (file: string, digest: string): Promise<void> => {
  for (let left = 10; digestOf(file) !== digest; left--) {
    if (left === 0) throw new Error(`${file}: not what was given`);
    await setTimeout(500);
  }
};

const swarm = async (kind: Kind, first: number, torrent: string, folder: string): Promise<Taken> => {
  const ports = Array.from({ length: LEECHERS + 1 }, (_, n) => first + n);
  const seed = await kind.seed(torrent, folder, first);
  const before = usedBy(seed);
  const began = performance.now();
  const leechers = ports.slice(1).map((port) => {
    const into = path.join(folder, `leecher-${port}`);
    fs.mkdirSync(into);
    return { into, run: kind.leech({ torrent, folder: into, port, peers: ports.filter((each) => each !== port) }) };
  });
  await Promise.all(leechers.map(({ run }) => run[1]));
  const wall = performance.now() - began;
  const all = [seed, ...leechers.map(({ run }) => run[0])];
  const cpu = all.reduce((sum, child) => sum + usedBy(child), -before);
  const memory = Math.max(...all.map(peakOf));
  const [name = ''] = fs.readdirSync(leechers[0]?.into ?? '').filter((each) => !each.startsWith('.'));
  const whole = digestOf(path.join(folder, name));
  for (const { into } of leechers) await becomes(path.join(into, name), whole);
  await Promise.all(all.map(ended));
  for (const { into } of leechers) fs.rmSync(into, { recursive: true });
  return { wall, cpu, memory };
};

const race = async (): Promise<void> => {
  const folder = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const torrent = await made(folder, MIB * MiB, PIECE);
  const kinds: Record<string, Kind> = { rxtorrent: ours, libtorrent: theirs };
  const taken = Object.fromEntries(Object.keys(kinds).map((name) => [name, [] as Taken[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [n, [name, kind]] of Object.entries(kinds).entries()) {
      const one = await swarm(kind, 7001 + 10 * n, torrent, folder);
      if (round > 0) taken[name]?.push(one);
    }
  }
  const of = (name: string, what: keyof Taken): number[] => (taken[name] ?? []).map((one) => one[what]);
  table(
    `${LEECHERS} of a kind have ${MIB} MiB from one seed and from one another (medians of ${ROUNDS})`,
    ['', 's', 'spread', 'processor s', 'peak MiB', 'time / libtorrent', 'processor / libtorrent'],
    Object.keys(kinds).map((name) => [
      name,
      figure(median(of(name, 'wall')) / 1000),
      spread(of(name, 'wall')),
      figure(median(of(name, 'cpu')) / 1000),
      figure(median(of(name, 'memory')) / MiB),
      ratio(of(name, 'wall'), of('libtorrent', 'wall')).toFixed(2),
      ratio(of(name, 'cpu'), of('libtorrent', 'cpu')).toFixed(2),
    ]),
  );
};

if (isolated()) await race();
