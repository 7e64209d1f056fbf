import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';

/** The address at which all is done. */
export const HOST = '10.77.0.1';

/** Runs this program again where there is no network but loopback, so that nothing leaves the machine; true there. */
export const isolated = (): boolean => {
  if (process.env['BENCH_ISOLATED'] === '1') return true;
  const user = process.getuid?.() === 0 ? [] : ['-r'];
  const script = `ip link set lo up; ip addr add ${HOST}/32 dev lo; exec "$@"`;
  const args = [
    ...user,
    '-n',
    'sh',
    '-c',
    script,
    'sh',
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ];
  const { status } = spawnSync('unshare', args, { stdio: 'inherit', env: { ...process.env, BENCH_ISOLATED: '1' } });
  process.exitCode = status ?? 1;
  return false;
};

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts a program that ends with this one at the latest. */
export const started = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
};

/** Asks it to end, and waits until it has. */
export const ended = (child: ChildProcess): Promise<unknown> => {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const closed = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return closed;
};

/** Resolves with what it has written so far once that has `pattern` in it. */
export const says = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    });
    child.once('exit', (code) =>
      reject(new Error(`${child.spawnargs.join(' ')}: ended with ${code} before it said ${pattern}: ${text}`)),
    );
  });

/** Milliseconds of processor that a process has used, with all its threads. */
export const usedBy = ({ pid }: ChildProcess): number => {
  const fields = fs
    .readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Bytes of memory that a process had at most. */
export const peakOf = ({ pid }: ChildProcess): number =>
  Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
