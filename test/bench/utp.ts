/**
 * Two uTP machines over ten thousand networks that lose, double, delay and reorder by a random seed: each delivers
 * every byte in order, or both ends get to know. Prints the seed of each that does not.
 *
 *     npx tsx test/bench/utp.ts [SEEDS] [FIRST]
 */
import { faultOf } from '../protocol/utp/delivery.ts';
import { chance } from '../protocol/utp/link.ts';

const [seeds = 10_000, first = 0] = process.argv.slice(2).map(Number);

const weatherOf = (seed: number): Parameters<typeof faultOf>[0] => {
  const random = chance(seed * 7_919);
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    ...{
      seed,
      loss: random() < 0.3 ? 0 : random() * 0.3,
      twice: random() * 0.2,
      delay: below(200),
      jitter: below(150),
    },
    ...{ there: 1 + below(120_000), back: below(60_000), sequences: [below(65_536), below(65_536)] },
  };
};

let faults = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const fault = faultOf(weatherOf(seed));
  if (fault === undefined) continue;
  faults++;
  console.log(`seed ${seed}: ${fault}`);
}
console.log(`${seeds} networks, ${faults} faults`);
process.exitCode = faults > 0 ? 1 : 0;
