import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Content } from './content.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command, running. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  printed(): string;
}

/** Nothing of ours may leave this machine: no test asks the real DHT, or the local network. */
const env = { ...process.env, RXTORRENT_NO_DHT: '1', RXTORRENT_NO_LSD: '1', RXTORRENT_NO_LISTEN: '1' };

export const cli = (...args: readonly string[]): Running => {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, ended, printed: () => stdout };
};

/** Writes the .torrent beside the folder; its path. */
export const torrentFile = ({ metainfo, torrent }: Content, folder: string): string => {
  const file = path.join(folder, `${torrent.name}.torrent`);
  fs.writeFileSync(file, metainfo);
  return file;
};

/** The numbers of the pieces that a `--json` run has reported as stored. */
export const storedPieces = (printed: string): readonly number[] =>
  printed
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { type: string; index: number })
    .flatMap(({ type, index }) => (type === 'stored' ? index : []));
