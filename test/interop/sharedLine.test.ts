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

/** How long packets wait, looked at until `end`. Ms. */
const watched = async (end: Promise<unknown>): Promise<readonly number[]> => {
  const queue: number[] = [];
  let isOver = false;
  void end.then(() => (isOver = true));
  while (!isOver) {
    queue.push(await waits());
    await seconds(0.2);
  }
  return queue;
};

const mean = (queue: readonly number[]): number => queue.reduce((sum, each) => sum + each, 0) / queue.length;

/** One flow by TCP from another machine over the same line: its share of that, and how long packets wait meanwhile. */
const tcpFlow = async (port: number): Promise<{ readonly share: number; readonly queue: readonly number[] }> => {
  const script = resolve('test/interop/tcpFlow.py');
  const takes = leech.run('/usr/bin/python3', script, 'take', String(port));
  expect(await eventually(() => takes.says().includes('listening'))).toBe(true);
  const gives = other.run('/usr/bin/python3', script, 'give', LEECH, String(port), '12');
  // A flow fills the queue within its first seconds.
  await seconds(3);
  const queue = await watched(takes.ended);
  await gives.ended;
  const [, bytes = '0', time = '1'] = /took (\d+) ([\d.]+)/.exec(takes.says()) ?? [];
  return { share: Number(bytes) / Number(time) / LINE, queue };
};

const downloading = async (): Promise<Program> => {
  const download = ours(leech, 'download', content.torrent, '-o', `${world.path('got')}/`, '--peer', `${SEED}:7000`);
  expect(await eventually(() => downloaded(download) > LINE), download.says().slice(-1_000)).toBe(true);
  return download;
};

describe('what we send by uTP', () => {
  it('fills a line, and lets packets wait for less than 150 ms', async () => {
    ours(seed, 'seed', content.torrent, world.lay(content, 'seed'));
    const download = await downloading();
    const [before, began] = [downloaded(download), performance.now()];
    const queue = await watched(seconds(8));
    const rate = ((downloaded(download) - before) / (performance.now() - began)) * 1_000;
    expect(rate / LINE).toBeGreaterThan(0.6);
    expect(Math.max(...queue)).toBeLessThan(150);
  });

  it('leaves the line to one flow by TCP, beside which packets still wait for less than 150 ms', async () => {
    const alone = await tcpFlow(7100);
    ours(seed, 'seed', content.torrent, world.lay(content, 'seed'));
    const download = await downloading();
    const beside = await tcpFlow(7101);
    if (process.env['FIGURES'] !== undefined) console.log(JSON.stringify({ alone, beside }));
    expect(beside.share).toBeGreaterThan(0.8);
    expect(mean(beside.queue)).toBeLessThan(150);
    // A flow by TCP may make them wait for longer on its own, as it goes on until the router drops something.
    expect(Math.max(...beside.queue)).toBeLessThan(Math.max(150, ...alone.queue));
    // It has not ended, and takes the line again when the flow is over.
    const before = downloaded(download);
    expect(await eventually(() => downloaded(download) - before > 2 * LINE)).toBe(true);
  });
});
