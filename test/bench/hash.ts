import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { lastValueFrom } from 'rxjs';
import { create } from '../../src/create.ts';
import type { CreateEvent } from '../../src/contracts/events.ts';
import { nodeEnv } from '../../src/node.ts';
import { recheck } from '../../src/download/storage/recheck.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { figure, median, MiB, ratio, spread, table } from './measure.ts';

/** MiB of content, if not 1024. */
const LENGTH = Number(process.argv[2] ?? 1024) * MiB;
const PIECE = 2 * MiB;
const ROUNDS = 7;
const THREADS = os.availableParallelism();

/** Milliseconds on the clock, and of all processors together. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-bench-'));
const file = path.join(folder, 'content');
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const fill = (): void => {
  const block = createHash('shake256', { outputLength: 16 * MiB })
    .update('content')
    .digest();
  const fd = fs.openSync(file, 'w');
  for (let at = 0; at < LENGTH; at += block.length) fs.writeSync(fd, block);
  fs.closeSync(fd);
};

/**
 * As many bytes from the processor's cache as the file has, on all processors: nothing that hashes is faster. And the
 * same with reading them: in Node, as in most programs, the kernel copies what it has in memory.
 */
const RAW = `
  const { createHash } = require('node:crypto');
  const { parentPort, workerData } = require('node:worker_threads');
  const bytes = new Uint8Array(262144).fill(7);
  const fd = require('node:fs').openSync(workerData.file);
  parentPort.on('message', (reads) => {
    for (let piece = 0; piece < workerData.pieces; piece++) {
      const hash = createHash('sha1');
      for (let at = 0; at < workerData.size; at += bytes.length) {
        const place = (workerData.first + piece) * workerData.size + at;
        if (reads) require('node:fs').readSync(fd, bytes, 0, bytes.length, place);
        hash.update(bytes);
      }
      hash.digest();
    }
    parentPort.postMessage(0);
  });`;
const pieces = LENGTH / PIECE / THREADS;
const workers: Worker[] = [];
const raw = async (reads: boolean): Promise<void> => {
  await Promise.all(
    workers.map((worker) => {
      const answered = new Promise((resolve) => worker.once('message', resolve));
      worker.postMessage(reads);
      return answered;
    }),
  );
};

const make = async (): Promise<Torrent> => {
  const last: CreateEvent = await lastValueFrom(create(file, nodeEnv(), { pieceLength: PIECE }));
  if (last.type !== 'created') throw new Error('no torrent was made');
  return last.torrent;
};

const timed = async (work: () => unknown): Promise<Taken> => {
  const [began, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - began, cpu: (user + system) / 1000 };
};

/** Another process; the shell tells what it used. */
const mktorrent = (): Taken => {
  const output = path.join(folder, 'theirs.torrent');
  fs.rmSync(output, { force: true });
  const began = performance.now();
  const { stdout, status } = spawnSync(
    'sh',
    ['-c', `mktorrent -l 21 -a http://localhost/ -o '${output}' '${file}' >&2 && times`],
    { encoding: 'utf8' },
  );
  const wall = performance.now() - began;
  if (status !== 0) throw new Error('mktorrent failed');
  const seconds = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return { wall, cpu: seconds.reduce((sum, each) => sum + each, 0) * 1000 };
};

fill();
for (let n = 0; n < THREADS; n++)
  workers.push(
    new Worker(RAW, { eval: true, execArgv: [], workerData: { file, first: n * pieces, pieces, size: PIECE } }),
  );
const torrent = await make();
const works: Record<string, () => Promise<Taken> | Taken> = {
  'SHA-1 alone': () => timed(() => raw(false)),
  'read and SHA-1': () => timed(() => raw(true)),
  create: () => timed(make),
  verify: () => timed(() => lastValueFrom(recheck(torrent, nodeEnv(), { folder }))),
  ...(spawnSync('which', ['mktorrent']).status === 0 && { mktorrent }),
};
const taken = Object.fromEntries(Object.keys(works).map((name) => [name, [] as Taken[]]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, work] of Object.entries(works)) {
    const one = await work();
    if (round > 0) taken[name]?.push(one);
  }
}
for (const worker of workers) void worker.terminate();

const of = (name: string, what: keyof Taken): number[] => (taken[name] ?? []).map((one) => one[what]);
table(
  `hashing: a file of ${LENGTH / MiB} MiB that is in memory, pieces of ${PIECE / MiB} MiB, ` +
    `${THREADS} processors (medians of ${ROUNDS})`,
  ['', 'MiB/s', 'ms of processor', 'spread', 'time / SHA-1', 'processor / SHA-1', 'processor / read and SHA-1'],
  Object.keys(works).map((name) => [
    name,
    figure(LENGTH / MiB / (median(of(name, 'wall')) / 1000)),
    figure(median(of(name, 'cpu'))),
    spread(of(name, 'cpu')),
    ratio(of(name, 'wall'), of('SHA-1 alone', 'wall')).toFixed(2),
    ratio(of(name, 'cpu'), of('SHA-1 alone', 'cpu')).toFixed(2),
    ratio(of(name, 'cpu'), of('read and SHA-1', 'cpu')).toFixed(2),
  ]),
);
