import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { sha1 } from '../../src/protocol/encoding/id.ts';
import { blockHashes } from '../../src/torrent/metainfo/merkle.ts';
import { figure, measure, median, MiB, ratio, spread, table } from './measure.ts';

/** MiB of content, if not 512. */
const LENGTH = Number(process.argv[2] ?? 512) * MiB;
const ROUNDS = 5;
const VERSIONS = ['v1', 'v2', 'hybrid'] as const;
const PORT = 17_801;
const CLI = 'dist/src/cli/main.js';
const ALONE = ['--no-dht', '--no-lsd', '--no-trackers', '--quiet'];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-bench-'));
const seeds: ChildProcess[] = [];
process.on('exit', () => {
  for (const seed of seeds) seed.kill();
  fs.rmSync(folder, { recursive: true, force: true });
});
const env = { ...process.env, XDG_STATE_HOME: path.join(folder, 'state') };
const run = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
};
const torrentOf = (version: string): string => path.join(folder, `${version}.torrent`);

const listening = async (port: number): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    const open = await new Promise<boolean>((answer) => {
      const socket = net.connect(port, '127.0.0.1', () => answer(true)).on('error', () => answer(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`nobody listens at port ${port}`);
};

fs.mkdirSync(path.join(folder, 'seed'));
const file = path.join(folder, 'seed', 'content');
const part = createHash('shake256', { outputLength: 16 * MiB })
  .update('content')
  .digest();
for (let at = 0; at < LENGTH; at += part.length) fs.appendFileSync(file, part);
for (const [nth, version] of VERSIONS.entries()) {
  run('create', file, `--${version}`, '--piece-length', '256K', '-o', torrentOf(version), '--quiet');
  const args = ['seed', torrentOf(version), path.join(folder, 'seed'), '--port', String(PORT + nth), ...ALONE];
  seeds.push(spawn(process.execPath, [CLI, ...args], { env, stdio: 'ignore' }));
  await listening(PORT + nth);
}

const got = path.join(folder, 'got');
const download = (nth: number) => (): void => {
  fs.rmSync(got, { recursive: true, force: true });
  const peer = ['--peer', `127.0.0.1:${PORT + nth}`, '--no-listen'];
  run('download', torrentOf(VERSIONS[nth] as string), '-o', `${got}/`, ...peer, ...ALONE);
};
const taken = await measure({ v1: download(0), v2: download(1), hybrid: download(2) }, ROUNDS);
const bytes = new Uint8Array(part);
const hashed = await measure({ sha1: () => void sha1(bytes), sha256: () => void blockHashes(bytes) }, ROUNDS);

const rate = (length: number, times: readonly number[]): string => figure(length / MiB / (median(times) / 1000));
table(
  `versions: ${LENGTH / MiB} MiB by the command line from a seed of ours, loopback (medians of ${ROUNDS}, in turns)`,
  ['', 'ms', 'spread', 'MiB/s', 'time / v1'],
  VERSIONS.map((name) => [
    name,
    figure(median(taken[name])),
    spread(taken[name]),
    rate(LENGTH, taken[name]),
    ratio(taken[name], taken.v1).toFixed(2),
  ]),
);
table(
  'hashes of one thread',
  ['', 'MiB/s', 'spread', 'time / SHA-1'],
  [
    ['SHA-1', rate(part.length, hashed.sha1), spread(hashed.sha1), '1.00'],
    [
      'SHA-256, by blocks',
      rate(part.length, hashed.sha256),
      spread(hashed.sha256),
      ratio(hashed.sha256, hashed.sha1).toFixed(2),
    ],
  ],
);
for (const seed of seeds) seed.kill();
