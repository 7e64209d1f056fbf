/**
 * Runs swarms of our own clients, drawn by chance, and checks all invariants: `npm run soak -- --seeds 10000
 * [--from 1]`. A seed that fails is made smaller, and printed as the code of a drawing.
 */
import { parseArgs } from 'node:util';
import { complaintsOf, drawingOf, randomSwarm, shrink, type SwarmPlan, swarmOf } from '../marbles/index.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];
/** Seeds between two lines of progress. */
const TELL = 500;

const complaints = (plan: SwarmPlan): readonly string[] => complaintsOf(swarmOf(plan, { watched: true }));
/** Of one kind are complaints with the same invariant, and the same rule. */
const kindOf = (complaint = ''): string => complaint.replace(/[\d.]+/g, '#').replace(/;.*/, '');

let failed = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const plan = randomSwarm(seed);
  const all = complaints(plan);
  if ((seed - from + 1) % TELL === 0) console.log(`${seed - from + 1} of ${seeds}, ${failed} have failed`);
  if (all.length === 0) continue;
  failed++;
  console.log(`seed ${seed}:\n${all.join('\n')}`);
  const kind = kindOf(all[0]);
  const least = shrink(plan, (each) => complaints(each).some((text) => kindOf(text) === kind));
  console.log(`made smaller: ${complaints(least).join('; ')}\n${drawingOf(least)}`);
}
console.log(`${seeds} seeds from ${from}: ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
