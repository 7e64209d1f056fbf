import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type * as marbles from '../../marbles/index.ts';
import { honest } from '../../marbles/index.ts';
import type { Lab } from '../../src/cli/input/lab.ts';
import { recorded } from '../recording/session.ts';
import { folder, MAIN, objects, run } from './run.ts';

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
};

const line = { up: 200_000, down: 400_000 };
const small = (): string =>
  file('swarm.json', JSON.stringify({ torrent: { pieces: 10 }, hosts: [{ has: 'all', ...line }, line, line] }));
const strict = (): string => file('strict.mjs', "export default () => ({ endgame: 'strict' });");

describe('compare', () => {
  it('says which of two strategies is better, and where that can not be told', async () => {
    const mine = strict();
    const { code, stdout, stderr } = await run(['compare', 'default', mine, '--swarm', small(), '--seeds', '6']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`swarm.json, 6 seeds\na: default\nb: ${mine}\n`);
    expect(stdout).toMatch(/^waste +0\.\d{3} +0\.000 +−0\.\d{3} +−0\.\d{3} … −0\.\d{3} +b is better$/m);
    expect(stdout).toMatch(/^seeded .* no difference can be told$|^first .* no difference can be told$/m);
    expect(stdout.trim().split('\n')).toHaveLength(13);
  });

  it('is the same twice, and JSON with --json; few seeds say nothing', async () => {
    const args = ['compare', strict(), 'default', '--swarm', small(), '--seeds', '2', '--json'];
    const [one, other] = [await run(args), await run(args)].map(({ stdout }) =>
      objects(stdout).filter(({ type }) => type === 'compared'),
    );
    expect(one?.map(({ measure }) => measure)).toEqual(
      'first median last playable waste seeded given fairness'.split(' '),
    );
    for (const row of one ?? []) expect(row).toMatchObject({ seeds: 2, a: expect.any(Number) as unknown });
    expect(one?.some((row) => 'better' in row)).toBe(false);
    const untimed = (rows: typeof one) => rows?.map((row) => ({ ...row, time: '' }));
    expect(untimed(other)).toEqual(untimed(one));
  });

  it('takes a swarm that was recorded', async () => {
    const { bytes } = recorded({ peers: { '10.1.0.1:7000': honest({ pace: 20 }) } }, { pieces: 4 });
    const args = ['compare', 'default', 'default', '--swarm', file('session.rxrec', bytes), '--seeds', '1', '--json'];
    const rows = objects((await run(args)).stdout).filter(({ type }) => type === 'compared');
    expect(rows[0]).toMatchObject({ measure: 'first', difference: 0 });
    expect(rows[0]?.['a']).toBeLessThan(10);
  });

  it.each([
    [
      () => ['--swarm', 'nowhere'],
      '--swarm nowhere: expected far, lossy, crowd, flash, lopsided, or a file that is there',
    ],
    [() => ['--swarm', file('a.json', '{"hosts":[{"up":"fast"}]}')], 'hosts[0].up: expected a number from 0'],
    [() => ['--swarm', file('a.rxrec', 'nothing')], 'a.rxrec: '],
    [() => ['--swarm', small(), '--size', '2M'], '--size is that of a swarm with a name'],
    [() => ['--seeds', '0'], '--seeds "0": expected a whole number from 1 to 10000'],
  ])('refuses %s: %s', async (options, why) => {
    const { code, stdout, stderr } = await run(['compare', 'default', 'default', ...options()]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
  });

  it('refuses a strategy that is none', async () => {
    const { code, stderr } = await run(['compare', 'default', file('none.mjs', 'export const a = 1;')]);
    expect(code).toBe(2);
    expect(stderr).toContain('exports none of order, choker');
  });

  it('is not in the one file that other commands have to read', () => {
    expect(readFileSync(join(dirname(MAIN), 'rxtorrent.cjs'), 'utf8')).not.toContain('TestScheduler');
    expectTypeOf<typeof marbles>().toExtend<Lab>();
  });
});
