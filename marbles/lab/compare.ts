import type { Strategy } from '../../src/download/strategy.ts';
import type { SwarmPlan } from '../swarm/plan.ts';
import { MEASURES, type Measures } from './measures.ts';
import { intervalOf, median } from './statistics.ts';
import { trial } from './trial.ts';

/** One measure of two strategies. */
export interface Compared {
  readonly measure: keyof Measures;
  /** Medians over the seeds. */
  readonly a: number;
  readonly b: number;
  /** The median of the differences, each between two runs of one seed: negative where `b` has less. */
  readonly difference: number;
  /** Between which the median difference is, with a confidence of 95 %. */
  readonly low: number;
  readonly high: number;
  /** Which of them is better; undefined if that can't be told: the interval holds 0, or there are too few seeds. */
  readonly better?: 'a' | 'b';
}

/** Fewer differences than this can all have one sign by chance, once in twenty times. */
export const FEWEST = 6;

/** Two runs of one seed. */
export interface Pair {
  readonly a: Measures;
  readonly b: Measures;
}

/** A run that was not complete took for ever: of two of these none is faster. */
const differenceOf = (a: number, b: number): number => (a === b ? 0 : b - a);

const verdict = (measure: keyof Measures, count: number, low: number, high: number): Pick<Compared, 'better'> => {
  if (count < FEWEST || !(low > 0 || high < 0)) return {};
  return { better: low > 0 === (MEASURES[measure].better === 'more') ? 'b' : 'a' };
};

/** What pairs of runs say of each measure. */
export const compared = (pairs: readonly Pair[]): readonly Compared[] =>
  (Object.keys(MEASURES) as (keyof Measures)[]).map((measure) => {
    const differences = pairs.map(({ a, b }) => differenceOf(a[measure], b[measure]));
    const [low, high] = intervalOf(differences);
    return {
      measure,
      a: median(pairs.map(({ a }) => a[measure])),
      b: median(pairs.map(({ b }) => b[measure])),
      difference: median(differences),
      low,
      high,
      ...verdict(measure, pairs.length, low, high),
    };
  });

/**
 * Runs two strategies in the same swarm, with the same seeds, and compares what comes of it: medians, and the interval
 * that holds the median of the differences between runs of one seed.
 *
 * @example
 * const table = compare(() => ({}), () => ({ endgame: 'off' }), swarmNamed('flash', { mib: 8 }), { seeds: 10 });
 * console.log(table.find(({ measure }) => measure === 'waste')?.better); // b, or undefined
 */
export const compare = (
  a: () => Strategy,
  b: () => Strategy,
  plan: SwarmPlan,
  { seeds = 20 }: { readonly seeds?: number } = {},
): readonly Compared[] =>
  compared(
    Array.from({ length: seeds }, (_, nth) => {
      const seed = (plan.seed ?? 1) + nth;
      return { a: trial({ ...plan, seed }, a), b: trial({ ...plan, seed }, b) };
    }),
  );
