import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { made } from './content.ts';
import { figure, median, MiB, ratio, spread, table } from './measure.ts';
import { ended, HOST, isolated, peakOf, says, started, usedBy } from './processes.ts';

/** MiB of content, if not 1024. */
const LENGTH = Number(process.argv[2] ?? 1024) * MiB;
const PIECE = MiB;
const ROUNDS = Number(process.argv[3] ?? 5);
/** With `rc4` all that is sent is encrypted. */
const WAY = process.argv[4] === 'rc4' ? ['rc4'] : [];
const PYTHON = '/usr/bin/python3';
const CLI = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Milliseconds until the leecher has all, and of processor that the seed took for it. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

const ours = async (torrent: string, folder: string): Promise<ChildProcess> => {
  const args = ['seed', torrent, folder, '--port', '7001', '--no-dht', '--no-lsd', '--json'];
  const child = started(process.execPath, [
    ...(process.env['BENCH_NODE'] ?? '').split(' ').filter(Boolean),
    CLI,
    ...args,
  ]);
  await says(child, /"done"/);
  return child;
};

const theirs = async (torrent: string, folder: string): Promise<ChildProcess> => {
  const child = started(PYTHON, [here('libtorrentSeed.py'), torrent, folder, `${HOST}:7002`]);
  await says(child, /ready/);
  return child;
};

const download = async (torrent: string, folder: string, seed: ChildProcess, port: number): Promise<Taken> => {
  const into = path.join(folder, 'leech');
  fs.rmSync(into, { recursive: true, force: true });
  fs.mkdirSync(into);
  const before = usedBy(seed);
  const leecher = started(PYTHON, [here('libtorrentLeecher.py'), torrent, into, HOST, ...WAY, `${HOST}:${port}`]);
  const wall = Number(await says(leecher, /\n/)) * 1000;
  return { wall, cpu: usedBy(seed) - before };
};

const race = async (): Promise<void> => {
  const room = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(room, 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const torrent = await made(folder, LENGTH, PIECE);
  const seeds: Record<string, { readonly child: ChildProcess; readonly port: number }> = {
    rxtorrent: { child: await ours(torrent, folder), port: 7001 },
    libtorrent: { child: await theirs(torrent, folder), port: 7002 },
  };
  const taken = Object.fromEntries(Object.keys(seeds).map((name) => [name, [] as Taken[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, { child, port }] of Object.entries(seeds)) {
      const one = await download(torrent, folder, child, port);
      if (round > 0) taken[name]?.push(one);
    }
  }
  const of = (name: string, what: keyof Taken): number[] => (taken[name] ?? []).map((one) => one[what]);
  table(
    `seeding: ${LENGTH / MiB} MiB ${WAY.length > 0 ? 'by RC4 ' : ''}to a libtorrent leecher (medians of ${ROUNDS})`,
    ['seed', 'MiB/s', 'spread', 'processor ms/GiB', 'peak MiB', 'time / libtorrent', 'processor / libtorrent'],
    Object.entries(seeds).map(([name, { child }]) => [
      name,
      figure(LENGTH / MiB / (median(of(name, 'wall')) / 1000)),
      spread(of(name, 'wall')),
      figure((median(of(name, 'cpu')) * 1024 * MiB) / LENGTH),
      figure(peakOf(child) / MiB),
      ratio(of(name, 'wall'), of('libtorrent', 'wall')).toFixed(2),
      ratio(of(name, 'cpu'), of('libtorrent', 'cpu')).toFixed(2),
    ]),
  );
  await Promise.all(Object.values(seeds).map(({ child }) => ended(child)));
};

if (isolated()) await race();
