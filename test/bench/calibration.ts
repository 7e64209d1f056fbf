/**
 * How long our client takes in each of the named swarms, to be compared with real sockets over an emulated network:
 * `tsx test/bench/calibration.ts [cubic | bbr] [name …]`. Medians of three seeds.
 */
import { boundOf, SWARMS, swarmNamed, swarmOf } from '../../marbles/index.ts';
import { median } from './measure.ts';

const SEEDS = [1, 2, 3];

const [tcp, ...wanted] = process.argv.slice(2) as ['cubic' | 'bbr' | undefined, ...string[]];
for (const name of wanted.length > 0 ? wanted : Object.keys(SWARMS)) {
  const plan = swarmNamed(name);
  if (plan === undefined) throw new Error(`there is no swarm named ${name}`);
  const runs = SEEDS.map((seed) => swarmOf({ ...plan, seed, tcp: tcp ?? 'cubic' }));
  const joins = Math.max(...plan.hosts.map(({ joins: at = 0 }) => at));
  const takers = runs.map(({ hosts }) => hosts.filter(({ nth }) => plan.hosts[nth]?.has === undefined));
  const all = takers.map((hosts) => hosts.map(({ done = Infinity }) => done - joins).sort((a, b) => a - b));
  const seconds = (which: number): string =>
    (median(all.map((times) => times.at(which) ?? Infinity)) / 1000).toFixed(1);
  const { pieces = 0, blocksPerPiece = 0 } = plan.torrent ?? {};
  const length = pieces * blocksPerPiece * 2 ** 14;
  const sent = runs.map(({ hosts }) =>
    hosts.filter(({ nth }) => plan.hosts[nth]?.has === 'all').reduce((sum, { uploaded }) => sum + uploaded, 0),
  );
  const last = median(all.map((times) => (times.at(-1) ?? Infinity) / boundOf(plan)));
  const share = (median(sent) / length).toFixed(2);
  console.log(`${name}: first ${seconds(0)} s, last ${seconds(-1)} s = ${last.toFixed(2)} x ideal, sent ${share} x`);
}
