import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { made } from './content.ts';
import { figure, median, MiB, ratio, spread, table } from './measure.ts';
import { ended, HOST, isolated, says, started } from './processes.ts';

/** MiB of content, if not 1024. */
const LENGTH = Number(process.argv[2] ?? 1024) * MiB;
const ROUNDS = Number(process.argv[3] ?? 9);
const PIECE = MiB;
const PORT = 7001;
const CLI = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
/** Milliseconds of processor that a program has used with all its threads, told when it ends. */
const TOLD = `import { writeSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeSync(1, 'cpu ' + (user + system) / 1000 + '\\n');
});`;
const TELLS = `data:text/javascript,${encodeURIComponent(TOLD)}`;

const seed = (torrent: string, folder: string) => {
  const seeding = fileURLToPath(new URL('libtorrentSeed.py', import.meta.url));
  return started('/usr/bin/python3', [seeding, torrent, folder, `${HOST}:${PORT}`]);
};

/** One download from one seed; milliseconds of processor. */
const download = async (torrent: string, into: string, more: readonly string[]): Promise<number> => {
  fs.rmSync(into, { recursive: true, force: true });
  const alone = ['--no-dht', '--no-lsd', '--no-listen', '--no-trackers', '--quiet', '--peer', `${HOST}:${PORT}`];
  const child = started(process.execPath, [
    '--import',
    TELLS,
    CLI,
    'download',
    torrent,
    '-o',
    `${into}/`,
    ...alone,
    ...more,
  ]);
  return Number(/cpu (.*)\n/.exec(await says(child, /cpu .*\n/))?.[1]);
};

const compared = async (): Promise<void> => {
  const room = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(room, 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const torrent = await made(folder, LENGTH, PIECE);
  const seeding = seed(torrent, folder);
  await says(seeding, /ready/);
  const file = path.join(folder, 'session.rxrec');
  const [plain, recorded]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [taken, more] of [
      [plain, []],
      [recorded, ['--record', file, '--force']],
    ] as const) {
      const cpu = await download(torrent, path.join(folder, 'leech'), more);
      if (round > 0) taken.push(cpu);
    }
  }
  const size = fs.statSync(file).size;
  const row = (name: string, taken: readonly number[], of: string): readonly string[] => [
    name,
    figure((median(taken) * 1024 * MiB) / LENGTH),
    spread(taken),
    (median(taken) / median(plain)).toFixed(3),
    ratio(taken, plain).toFixed(3),
    of,
  ];
  table(
    `recording: ${LENGTH / MiB} MiB from a libtorrent seed (medians of ${ROUNDS} pairs)`,
    ['download', 'processor ms/GiB', 'spread', 'of medians', 'of pairs', 'size / payload'],
    [row('plain', plain, ''), row('recorded', recorded, `${((100 * size) / LENGTH).toFixed(2)} %`)],
  );
  await ended(seeding);
};

if (isolated()) await compared();
