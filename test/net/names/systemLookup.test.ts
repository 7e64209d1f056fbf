import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { forkJoin, lastValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SystemLookup } from '../../../src/net/names/systemLookup.ts';
import { within } from '../../machine.ts';
import { eventually } from '../servers.ts';

const MODULE = fileURLToPath(new URL('../../../dist/src/net/names/systemLookup.js', import.meta.url));
/** Answers nobody, and does not go when it is asked to. */
const DEAF = ['-e', "for (const event of ['message', 'SIGINT', 'SIGTERM']) process.on(event, () => undefined);"];

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const gone = (pid: number | undefined): Promise<boolean> => eventually(() => pid !== undefined && !runs(pid));

describe('the system', () => {
  it('is asked in another process, and several names by the same one', async () => {
    const system = new SystemLookup();
    const found = await lastValueFrom(forkJoin([system.addresses('localhost'), system.addresses('127.0.0.1')]));
    expect(found[0].some((address) => ['127.0.0.1', '::1'].includes(address))).toBe(true);
    expect(found[1]).toEqual(['127.0.0.1']);
    const { pid } = system;
    system.check();
    expect(pid).not.toBe(process.pid);
    await lastValueFrom(system.addresses('::1'));
    expect(system.pid).toBe(pid);
    expect(await eventually(() => system.pid === undefined)).toBe(false);
    expect(await eventually(() => system.pid === undefined)).toBe(true);
    expect(await gone(pid)).toBe(true);
  }, 20_000);

  it('tells that there is no such name', async () => {
    await expect(lastValueFrom(new SystemLookup().addresses('a b'))).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('is waited for no longer than it is subscribed to, whatever it does', async () => {
    const system = new SystemLookup(process.execPath, DEAF);
    const one = system.addresses('a').subscribe();
    const other = system.addresses('b').subscribe();
    const { pid } = system;
    system.check();
    one.unsubscribe();
    system.check();
    expect([system.pid, runs(pid ?? 0)]).toEqual([pid, true]);
    other.unsubscribe();
    system.check();
    expect(system.pid).toBe(undefined);
    expect(await gone(pid)).toBe(true);
  });

  it.each([
    ['can not be had', '/nowhere/node', []],
    ['ends before it has answered', process.execPath, ['-e', '0']],
  ])('is asked in this process when another one %s', async (_, command, args) => {
    expect(await lastValueFrom(new SystemLookup(command, args).addresses('127.0.0.1'))).toEqual(['127.0.0.1']);
  });

  it.each(['ends', 'is killed'])('leaves no process behind when ours %s', async (how) => {
    const program = `
      import { SystemLookup } from ${JSON.stringify(MODULE)};
      const system = new SystemLookup();
      system.addresses('localhost').subscribe(() => console.log(system.pid));
      if (${how === 'is killed'}) setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const pid = await new Promise<number>((resolve) =>
      child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))),
    );
    const began = performance.now();
    if (how === 'is killed') child.kill('SIGKILL');
    await ended;
    // It does not wait for the next name.
    expect(performance.now() - began).toBeLessThan(within(750));
    expect(await gone(pid)).toBe(true);
  });
});
