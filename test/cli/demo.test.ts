import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, MAIN, objects, run } from './run.ts';

/** What Node itself keeps between runs, from 22.1 on, is not ours to take away. */
const left = (home: string): readonly string[] => readdirSync(home).filter((name) => name !== 'node-compile-cache');

interface Started {
  readonly child: ChildProcess;
  /**
   * Closed only when the process of the seeds is gone, too: it has our stderr. And with both processes all ports are
   * closed.
   */
  readonly closed: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
  readonly says: (pattern: RegExp) => Promise<void>;
  /** As Ctrl-C in a terminal has it: all processes get it. */
  readonly interrupt: (signal: NodeJS.Signals) => void;
}

/** The demo, in a group of its own. */
const demo = (
  home: string,
  args: readonly string[],
  entry = ['main.js', 'demo'],
  node: readonly string[] = [],
): Started => {
  const [file = '', ...before] = entry;
  const env = { PATH: process.env['PATH'], TMPDIR: home, XDG_STATE_HOME: join(home, 'state') };
  const child = spawn(process.execPath, [...node, join(dirname(MAIN), file), ...before, ...args], {
    env,
    detached: true,
    stdio: 'pipe',
  });
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const listener of listeners) listener();
    });
  const closed: Started['closed'] = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, ...said })),
  );
  const says = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      listeners.add(() => {
        if (pattern.test(said.stdout + said.stderr)) resolve();
      });
      void closed.then(() => reject(new Error(`ended without ${String(pattern)}: ${said.stderr}`)));
    });
  return { child, closed, says, interrupt: (signal) => void process.kill(-(child.pid ?? 0), signal) };
};

describe('the demo', () => {
  it('downloads from its own seeds, compares, and leaves nothing', async () => {
    const home = folder();
    const { code, stdout, stderr } = await demo(home, ['--size', '2M', '--json']).closed;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = objects(stdout);
    expect(events.find(({ type }) => type === 'announced')).toMatchObject({ peers: 3 });
    expect(events.filter(({ type }) => type === 'stored')).toHaveLength(8);
    expect(events.find(({ type }) => type === 'demo')).toMatchObject({ identical: true });
    expect(left(home)).toEqual([]);
  });

  it('downloads in a worse world, and says what went wrong there', async () => {
    const home = folder();
    const faults = ['--faults', 'delayed=20ms,lossy=1%', '--faults', 'frozen=100ms,throttled=4M'];
    const { code, stdout, stderr } = await demo(home, ['--size', '2M', '--json', ...faults]).closed;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { identical, faults: shown } = objects(stdout).find(({ type }) => type === 'demo') ?? {};
    expect(identical).toBe(true);
    expect(shown).toContainEqual({ fault: 'delayed', times: expect.any(Number) as unknown });
    expect(shown).toContainEqual({ fault: 'throttled', times: expect.any(Number) as unknown });
    expect(left(home)).toEqual([]);
  });

  it.each([
    ['losy=1%', 'did you mean lossy?'],
    ['nothing', 'expected some of lossy, delayed'],
    ['lossy=2', 'expected a fraction such as 0.01 or 1%'],
    ['delayed=1%', 'expected a time such as 50ms or 2s'],
    ['throttled=', 'expected bytes a second such as 500K or 2M'],
  ])('refuses --faults %s', async (faults, why) => {
    expect(await run(['demo', '--faults', faults])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`--faults ${faults}: ${why}`) as unknown,
    });
  });

  it('says what to try next, and names nothing that is gone', async () => {
    const home = folder();
    const { code, stdout } = await demo(home, ['--size', '1M'], ['start.js', 'demo']).closed;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^.*: complete, 1\.00 MiB/);
    expect(stdout).toMatch(/Every file is byte for byte what the seeds have:\n[^]* rxtorrent-demo\/film\/film\.bin\n/);
    expect(stdout).toContain('removed again');
    expect(stdout.slice(stdout.indexOf('Try next:'))).toMatch(/main\.js demo --keep\n/);
    expect(stdout.slice(stdout.indexOf('\n'))).not.toContain(home);
    expect(left(home)).toEqual([]);
  });

  it('is what npm start runs, and may be quiet', async () => {
    const home = folder();
    expect(await demo(home, [], ['start.js', 'demo', '--size', '1M', '--quiet']).closed).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'every file is byte for byte what the seeds have\n',
    });
    expect(left(home)).toEqual([]);
  });

  it('keeps all that can be looked at with --keep', async () => {
    const home = folder();
    const { stdout } = await demo(home, ['--size', '1M', '--keep', '--quiet']).closed;
    const place = stdout.trim();
    expect(dirname(dirname(place))).toBe(home);
    expect(readdirSync(place).sort()).toEqual(['README.txt', 'empty.txt', 'film', 'songs']);
    expect(existsSync(join(place, 'film/subtitles/english.bin'))).toBe(true);
    expect((await run(['verify', join(dirname(place), 'demo.torrent'), place, '--quiet'])).code).toBe(0);
    const told = (await demo(home, ['--size', '1M', '--keep']).closed).stdout;
    expect(told).toMatch(/main\.js verify \/.*demo\.torrent \//);
  });
});

describe('nothing is left of a demo', () => {
  const begun = /"type":"stored"/;

  it('that ends by Ctrl-C in the middle', async () => {
    const home = folder();
    const running = demo(home, ['--size', '16M', '--json']);
    await running.says(begun);
    running.interrupt('SIGINT');
    expect(await running.closed).toMatchObject({ code: 130, stderr: '' });
    expect(left(home)).toEqual([]);
  });

  it.each([0, 150, 300])('that ends by Ctrl-C %i ms after its folder is there', async (wait) => {
    const home = folder();
    const running = demo(home, ['--size', '16M', '--json']);
    await expect.poll(() => left(home).length, { interval: 5, timeout: 20_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, wait));
    running.interrupt('SIGINT');
    expect(await running.closed).toMatchObject({ code: 130, stderr: '' });
    expect(left(home)).toEqual([]);
  });

  it('whose seeds receive Ctrl-C before it does', async () => {
    const home = folder();
    const running = demo(home, ['--size', '16M', '--json']);
    const children = `/proc/${running.child.pid}/task/${running.child.pid}/children`;
    await expect.poll(() => readFileSync(children, 'utf8'), { interval: 1, timeout: 20_000 }).not.toBe('');
    process.kill(Number(readFileSync(children, 'utf8')), 'SIGINT');
    expect(await running.closed).toMatchObject({ code: 130, stderr: '' });
    expect(left(home)).toEqual([]);
  });

  it('that is told twice', async () => {
    const home = folder();
    const running = demo(home, ['--size', '16M', '--json']);
    await running.says(begun);
    running.interrupt('SIGINT');
    running.interrupt('SIGINT');
    await running.closed;
    expect(left(home)).toEqual([]);
  });

  it('that is killed', async () => {
    const home = folder();
    const running = demo(home, ['--size', '16M', '--json']);
    await running.says(begun);
    running.child.kill('SIGKILL');
    expect(await running.closed).toMatchObject({ signal: 'SIGKILL' });
    expect(left(home)).toEqual([]);
  });

  it('whose reader leaves', async () => {
    const home = folder();
    const running = demo(home, ['--size', '16M', '--json']);
    await running.says(begun);
    running.child.stdout?.destroy();
    expect(await running.closed).toMatchObject({ stderr: '' });
    expect(left(home)).toEqual([]);
  });

  it('whose disk fails', async () => {
    const home = folder();
    const broken = join(folder(), 'broken.cjs');
    // What is no more than a lock or a note is written all the same.
    writeFileSync(
      broken,
      `const fs = require('node:fs');
      const large = (what) => [what].flat().some(({ length }) => length >= 16384);
      const failure = Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'write' });
      if (!process.argv[1].includes('swarm'))
        for (const call of ['write', 'writev']) {
          const whole = fs[call];
          fs[call] = (fd, what, ...rest) =>
            large(what) ? rest.at(-1)(failure) : whole(fd, what, ...rest);
        }`,
    );
    const { code, stderr } = await demo(home, [], ['main.js', 'demo', '--size', '1M', '--quiet'], ['-r', broken])
      .closed;
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^rxtorrent: can't write .*: the disk failed \(EIO\); .*\n$/) as string,
    });
    expect(left(home)).toEqual([]);
  });

  it('that has no place to begin', async () => {
    const { code, stderr } = await demo('/nowhere', []).closed;
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr:
        "rxtorrent: can't create a folder in /nowhere: it is not there; check whether the disk is still attached\n",
    });
  });
});
