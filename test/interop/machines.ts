import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import type { World } from './world.ts';

/** The command line, built. */
export const CLI = process.env['MAIN'] ?? resolve('dist/src/cli/main.js');

/** Runs a command of the shell, which has to say nothing and succeed. */
export const sh = async (command: string): Promise<void> => {
  const child = spawn('sh', ['-ec', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, err]).toEqual([0, '']);
};

/** A program, and what it has said so far. */
export interface Program {
  readonly says: () => string;
  readonly ended: Promise<number | null>;
}

/** A machine of its own, without any cable at first. */
export interface Machine {
  /** The process that keeps its namespace. */
  readonly pid: string;
  readonly sh: (command: string) => Promise<void>;
  readonly run: (...command: readonly string[]) => Program;
  /** The packets that leave it from now on, one a line: see `packets.py`. */
  readonly packets: () => Promise<() => readonly string[]>;
}

export const machine = async (world: World): Promise<Machine> => {
  const child = world.start('unshare', '-n', 'sh', '-ec', 'ip link set lo up; echo up; exec sleep 1000');
  await once(child.stdout ?? child, 'data');
  const pid = String(child.pid);
  const run: Machine['run'] = (...command) => {
    const program = world.start('nsenter', '-t', pid, '-n', ...command);
    let out = '';
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    return { says: () => out, ended: new Promise((done) => program.once('close', done)) };
  };
  return {
    pid,
    run,
    sh: (command) => sh(`nsenter -t ${pid} -n sh -ec '${command}'`),
    packets: async () => {
      const { says } = run('/usr/bin/python3', resolve('test/interop/packets.py'));
      expect(await eventually(() => says().includes('listening'))).toBe(true);
      return () => says().trim().split('\n').slice(1);
    },
  };
};

/** A cable between two machines, at whose ends are `10.78.N.1` and `10.78.N.2`, on interfaces `oneN` and `twoN`. */
export const cable = async (one: Machine, two: Machine, nth: number): Promise<void> => {
  await sh(`ip link add one${nth} netns ${one.pid} type veth peer name two${nth} netns ${two.pid}`);
  await one.sh(`ip addr add 10.78.${nth}.1/24 dev one${nth}; ip link set one${nth} up`);
  await two.sh(`ip addr add 10.78.${nth}.2/24 dev two${nth}; ip link set two${nth} up`);
};

/** Waits until it holds, for 40 s at most. */
export const eventually = async (holds: () => boolean | Promise<boolean>): Promise<boolean> => {
  for (let tries = 0; tries < 400 && !(await holds()); tries++) await new Promise((done) => setTimeout(done, 100));
  return holds();
};
