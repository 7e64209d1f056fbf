/**
 * How long our client takes in each of the named swarms, to be compared with real sockets over an emulated network:
 * `tsx test/bench/calibration.ts [cubic | bbr] [--window N] [--seeds N] [name …]`. Medians over the seeds. From the
 * first `started` to `completed`, as the tracker hears them, so that the start of a process is not in it.
 */
import { parseArgs } from 'node:util';
import { boundOf, SWARMS, type SwarmPlan, type SwarmRun, swarmNamed, swarmOf } from '../../marbles/index.ts';
import { median } from './measure.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { window: { type: 'string' }, seeds: { type: 'string', default: '3' } },
});
const [tcp = 'cubic', ...wanted] = positionals as ['cubic' | 'bbr' | undefined, ...string[]];
const seeds = Array.from({ length: Number(values.seeds) }, (_, nth) => nth + 1);
const options = values.window === undefined ? {} : { window: Number(values.window) };

/** Milliseconds until each leecher was complete, in order. */
const timesOf = ({ announces, plan, hosts }: SwarmRun): readonly number[] => {
  const takers = new Set(hosts.filter(({ nth }) => plan.hosts[nth]?.has === undefined).map(({ address }) => address));
  const of = (event: string): readonly number[] =>
    announces.filter((each) => each.event === event && takers.has(each.host)).map(({ at }) => at);
  const begun = Math.min(...of('started'));
  return of('completed').map((at) => at - begun);
};

const sentBySeeds = ({ hosts, plan }: SwarmRun): number =>
  hosts.filter(({ nth }) => plan.hosts[nth]?.has === 'all').reduce((sum, { uploaded }) => sum + uploaded, 0);

const lengthOf = ({ torrent: { pieces = 0, blocksPerPiece = 0 } = {} }: SwarmPlan): number =>
  pieces * blocksPerPiece * 2 ** 14;

for (const name of wanted.length > 0 ? wanted : Object.keys(SWARMS)) {
  const plan = swarmNamed(name);
  if (plan === undefined) throw new Error(`there is no swarm named ${name}`);
  const runs = seeds.map((seed) => swarmOf({ ...plan, seed, tcp }, { options: () => options }));
  const all = runs.map(timesOf);
  const seconds = (which: number): number => median(all.map((times) => times.at(which) ?? Infinity)) / 1000;
  const ratio = (seconds(-1) / (boundOf(plan) / 1000)).toFixed(2);
  const share = (median(runs.map(sentBySeeds)) / lengthOf(plan)).toFixed(2);
  const [first, last] = [seconds(0).toFixed(1), seconds(-1).toFixed(1)];
  console.log(`${name}: first ${first} s, last ${last} s = ${ratio} x ideal, the seeds sent ${share} x`);
}
