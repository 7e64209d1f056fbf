import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTorrent } from '../../src/torrent/encodeTorrent.ts';
import { figure, table } from './measure.ts';
import { ended, isolated, started, usedBy } from './processes.ts';

const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 1000];
/** Seconds of one look, and until all is calm: what was opened to be checked is closed after half a minute, and the last timers end after one. */
const SECONDS = 10;
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
    fs.writeFileSync(path.join(folder, `${n}.torrent`), encodeTorrent({ name, pieceLength: SIZE, length: SIZE, pieceHashes }));
    return path.join(folder, `${n}.torrent`);
  });

/** Idle seeds in one process. */
const seed = async (folder: string, count: number): Promise<readonly string[]> => {
  const own = fs.mkdtempSync(path.join(folder, `${count}-`));
  const torrents = made(own, count);
  const quiet = ['--no-dht', '--no-lsd', '--no-trackers', '--quiet'];
  const child = started(process.execPath, [CLI, 'seed', ...torrents, `${own}/`, ...quiet], { XDG_STATE_HOME: path.join(own, 'state') });
  await seconds(CALM_AFTER);
  const before = usedBy(child);
  await seconds(SECONDS);
  const idle = (usedBy(child) - before) / SECONDS;
  const resident = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  const open = fs.readdirSync(`/proc/${child.pid}/fd`).length;
  await ended(child);
  return [`${count} torrents`, figure(before / 1000), figure(idle), figure(resident / 1024), `${open}`];
};

if (isolated()) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxtorrent-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const rows: (readonly string[])[] = [];
  for (const count of COUNTS) rows.push(await seed(folder, count));
  const head = ['', 's of processor to begin', 'ms/s after that', 'MiB', 'descriptors'];
  table(`many: seeds of which nobody wants anything, in one process (after ${CALM_AFTER} s, for ${SECONDS} s)`, head, rows);
  process.exit();
}
