import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { figure, table } from './measure.ts';
import { ended, HOST, isolated, started, usedBy } from './processes.ts';

const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 100, 1000, 3000];
/**
 * Seconds of one look, and until all is calm: what was opened to be checked is closed after half a minute, and the last
 * timers end after one.
 */
const SECONDS = 60;
const CALM_AFTER = 75;
const SIZE = 16_384;
const CLI = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000));

/** So many torrents of one piece, and their data. */
const made = (folder: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => {
    const name = `${n}.bin`;
    const bytes = createHash('shake256', { outputLength: SIZE }).update(name).digest();
    fs.writeFileSync(path.join(folder, name), bytes);
    const pieceHashes = createHash('sha1').update(bytes).digest();
    fs.writeFileSync(
      path.join(folder, `${n}.torrent`),
      encodeTorrent({ name, pieceLength: SIZE, length: SIZE, pieceHashes }),
    );
    return path.join(folder, `${n}.torrent`);
  });

/**
 * What the seeds may ask for peers. The DHT and the local network are there, but nobody is in them; nor is anybody at
 * the trackers.
 */
const CASES: Readonly<Record<string, readonly string[]>> = {
  'nobody asked': ['--no-dht', '--no-lsd', '--no-trackers'],
  discovery: [],
  'dead trackers': ['--tracker', `udp://${HOST}:9/announce`, '--tracker', `http://${HOST}:9/announce`],
};

/**
 * What so many seeds cost: seconds of processor until all is calm, milliseconds a second after that, MiB, descriptors.
 */
interface Cost {
  readonly count: number;
  readonly begin: number;
  readonly idle: number;
  readonly memory: number;
  readonly open: number;
}

/** Idle seeds in one process. */
const seed = async (folder: string, count: number, options: readonly string[]): Promise<Cost> => {
  const own = fs.mkdtempSync(path.join(folder, `${count}-`));
  const torrents = made(own, count);
  const child = started(process.execPath, [CLI, 'seed', ...torrents, `${own}/`, '--quiet', ...options], {
    XDG_STATE_HOME: path.join(own, 'state'),
  });
  await seconds(CALM_AFTER);
  const before = usedBy(child);
  await seconds(SECONDS);
  const idle = (usedBy(child) - before) / SECONDS;
  const resident = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  const open = fs.readdirSync(`/proc/${child.pid}/fd`).length;
  await ended(child);
  return { count, begin: before / 1000, idle, memory: resident / 1024, open };
};

/** A row, with what each torrent costs beyond the `fewest` that were begun. */
const rowOf = (name: string, { count, begin, idle, memory, open }: Cost, fewest: Cost): readonly string[] => {
  const more = count - fewest.count;
  const each =
    more > 0
      ? [figure(((begin - fewest.begin) * 1000) / more), figure(((memory - fewest.memory) * 1024) / more)]
      : ['', ''];
  return [`${count} torrents, ${name}`, figure(begin), figure(idle), figure(memory), `${open}`, ...each];
};

if (isolated()) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const rows: (readonly string[])[] = [];
  for (const [name, options] of Object.entries(CASES)) {
    let fewest: Cost | undefined;
    for (const count of COUNTS) {
      const cost = await seed(folder, count, options);
      rows.push(rowOf(name, cost, (fewest ??= cost)));
    }
  }
  const head = [
    '',
    's of processor to begin',
    'ms/s after that',
    'MiB',
    'descriptors',
    'ms to begin, each',
    'KiB, each',
  ];
  table(
    `many: seeds of which nobody wants anything, in one process (after ${CALM_AFTER} s, for ${SECONDS} s)`,
    head,
    rows,
  );
  process.exit();
}
