import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine, type Program } from './machines.ts';
import { type Content, World } from './world.ts';

/** Bytes a second, and ms for which packets may wait before the line, as in a router at home. */
const LINE = 1_250_000;
const QUEUE = 500;
const [SEED, LEECH] = ['10.78.1.2', '10.78.3.2'];
const ALONE = ['--no-trackers', '--no-dht', '--no-lsd', '--no-pex', '--no-tcp', '--no-port-mapping', '--json'];

let world: World;
let content: Content;
let middle: Machine;
let seed: Machine;
let other: Machine;
let leech: Machine;

beforeEach(async () => {
  world = new World();
  [middle, seed, other, leech] = [
    await machine(world),
    await machine(world),
    await machine(world),
    await machine(world),
  ];
  await middle.sh('sysctl -qw net.ipv4.ip_forward=1');
  for (const [nth, end] of [seed, other, leech].entries()) {
    await cable(middle, end, nth + 1);
    await end.sh(`ip route add default via 10.78.${nth + 1}.1`);
  }
  await middle.sh(`tc qdisc add dev one3 root tbf rate ${LINE * 8}bit burst 16k latency ${QUEUE}ms`);
  content = world.content('content', [60_000_000], []);
});
afterEach(() => world.end());

const ours = (at: Machine, ...command: readonly string[]): Program =>
  at.run(process.execPath, CLI, ...command, '--port', '7000', ...ALONE);

const seconds = (count: number): Promise<void> => new Promise((done) => setTimeout(done, count * 1_000));

/** Ms for which the last packet waits now. */
const waits = async (): Promise<number> => {
  const shown = middle.run('tc', '-s', 'qdisc', 'show', 'dev', 'one3');
  await shown.ended;
  const [, count = '0', unit = ''] = /backlog (\d+)(K|M)?b/.exec(shown.says()) ?? [];
  return (Number(count) * ({ K: 1_024, M: 1_048_576 }[unit] ?? 1) * 1_000) / LINE;
};

const downloaded = (download: Program): number =>
  Number([...download.says().matchAll(/"type":"progress"[^\n]*"downloaded":(\d+)/g)].at(-1)?.[1] ?? 0);

describe('what we send by uTP', () => {
  it('fills a line, lets packets wait for less than 150 ms, and leaves the line to one flow by TCP', async () => {
    ours(seed, 'seed', content.torrent, world.lay(content, 'seed'));
    const download = ours(leech, 'download', content.torrent, '-o', `${world.path('got')}/`, '--peer', `${SEED}:7000`);
    expect(await eventually(() => downloaded(download) > LINE), download.says().slice(-1_000)).toBe(true);
    const [before, began] = [downloaded(download), performance.now()];
    const queue: number[] = [];
    for (let sample = 0; sample < 40; sample++) {
      queue.push(await waits());
      await seconds(0.2);
    }
    const rate = ((downloaded(download) - before) / (performance.now() - began)) * 1_000;
    expect(rate / LINE).toBeGreaterThan(0.6);
    expect(Math.max(...queue)).toBeLessThan(150);
    const script = resolve('test/interop/tcpFlow.py');
    const takes = leech.run('/usr/bin/python3', script, 'take', '7100');
    expect(await eventually(() => takes.says().includes('listening'))).toBe(true);
    await other.run('/usr/bin/python3', script, 'give', LEECH, '7100', '12').ended;
    await takes.ended;
    const [, bytes = '0', time = '1'] = /took (\d+) ([\d.]+)/.exec(takes.says()) ?? [];
    const share = Number(bytes) / Number(time) / LINE;
    expect(share).toBeGreaterThan(0.8);
  });
});
