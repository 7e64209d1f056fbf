import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built command line, as users get it. */
export const MAIN = process.env['MAIN'] ?? fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

const fixtures = fileURLToPath(new URL('../../node_modules/webtorrent-fixtures/fixtures', import.meta.url));

export const fixture = (name: string): string => join(fixtures, name);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Writes to its stdin, which must be open. */
  type(keys: string): void;
  /** Ends its stdin. */
  hangUp(): void;
  /** Resolves as soon as stdout and stderr together match. */
  says(pattern: RegExp): Promise<void>;
}

interface Options {
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
  readonly node?: readonly string[];
  /** Its stdin stays open. */
  readonly open?: boolean;
  /** The folder it is called in. */
  readonly cwd?: string;
}

/** The home of all tests, where a command may keep what it likes. */
const HOME = ['HOME', 'USERPROFILE', 'LOCALAPPDATA', 'XDG_STATE_HOME'].map(
  (name) => [name, process.env[name]] as const,
);

/** Nothing of ours may leave this machine: no test asks the real DHT, or the local network. */
const ALONE = {
  RXTORRENT_NO_DHT: '1',
  RXTORRENT_NO_LSD: '1',
  RXTORRENT_NO_LISTEN: '1',
  RXTORRENT_NO_PORT_MAPPING: '1',
};

export const start = (
  args: readonly string[],
  { env = {}, input, node = [], open = false, cwd }: Options = {},
): Running => {
  const child = spawn(process.execPath, [...node, MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...Object.fromEntries(HOME), ...ALONE, ...env },
    stdio: 'pipe',
    ...(cwd !== undefined && { cwd }),
  });
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.on('error', () => undefined);
  if (!open) child.stdin.end(input);
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...said })));
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    type: (keys) => void child.stdin.write(keys),
    hangUp: () => void child.stdin.end(),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(said.stdout + said.stderr)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without ${String(pattern)}: ${said.stderr}`)));
      }),
  };
};

export const run = (args: readonly string[], options?: Options): Promise<Ended> => start(args, options).ended;

/** An empty folder that goes away with the test. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'rxtorrent-cli-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** What a run has told between the first and the last object of it, without the times. */
export const told = (stdout: string): Record<string, unknown>[] =>
  objects(stdout)
    .filter(({ type }) => type !== 'start' && type !== 'end')
    .map((object) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'time')));

export const objects = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
