import type { SwarmPlan } from '../swarm/plan.ts';
import type { SwarmRun } from '../swarm/run.ts';
import { median } from './statistics.ts';

/** What is measured of a swarm: of those who download, our clients that do not have everything from the start. */
export interface Measures {
  /** Seconds until the first of them, half of them, and the last one was complete; `Infinity` if they were not. */
  readonly first: number;
  readonly median: number;
  readonly last: number;
  /** Seconds until half of them could have played the first minute of a film of ninety. */
  readonly playable: number;
  /** Bytes that came and were thrown away, as a fraction of what they wanted. */
  readonly waste: number;
  /** Bytes that those sent who had everything, as a multiple of the torrent's length. */
  readonly seeded: number;
  /** Bytes that they gave to others, as a fraction of what they wanted. */
  readonly given: number;
  /**
   * How alike they gave for what they got: Jain's index of their ratios, from 1/n (one gave all) to 1 (all the same).
   */
  readonly fairness: number;
}

/** What each measure is, and which of two values is better. */
export const MEASURES: Readonly<Record<keyof Measures, { readonly better: 'less' | 'more'; readonly about: string }>> =
  {
    first: { better: 'less', about: 'seconds until the first is complete' },
    median: { better: 'less', about: 'seconds until half are complete' },
    last: { better: 'less', about: 'seconds until all are complete' },
    playable: { better: 'less', about: 'seconds until half have the first minute of ninety' },
    waste: { better: 'less', about: 'bytes thrown away, of those wanted' },
    seeded: { better: 'less', about: 'bytes sent by seeds, as a multiple of the length' },
    given: { better: 'more', about: 'bytes given to others, of those wanted' },
    fairness: { better: 'more', about: "Jain's index of what each gave for what it got" },
  };

/** 1 if all are the same, or there is nothing to compare. */
const jain = (ratios: readonly number[]): number => {
  const sum = ratios.reduce((all, ratio) => all + ratio, 0);
  const squares = ratios.reduce((all, ratio) => all + ratio * ratio, 0);
  return squares === 0 ? 1 : (sum * sum) / (ratios.length * squares);
};

const sumOf = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

/** Is the nth host of a plan one that downloads? */
export const downloads = ({ hosts }: SwarmPlan, nth: number): boolean =>
  hosts[nth]?.plays === undefined && hosts[nth]?.has !== 'all';

/** Measures a run; `playable` is when each that downloads could have played its first minute, in milliseconds. */
export const measuresOf = (
  { plan, hosts }: SwarmRun,
  length: number,
  playable: readonly (number | undefined)[],
): Measures => {
  const takers = hosts.filter(({ nth }) => downloads(plan, nth));
  const seeds = hosts.filter(({ nth }) => !downloads(plan, nth));
  const times = takers.map(({ done = Infinity }) => done / 1000).sort((one, other) => one - other);
  const wanted = length * takers.length;
  return {
    first: times[0] ?? Infinity,
    median: median(times),
    last: times.at(-1) ?? Infinity,
    playable: median(playable.map((at = Infinity) => at / 1000)),
    waste: sumOf(takers.map(({ wasted }) => wasted)) / wanted,
    seeded: sumOf(seeds.map(({ uploaded }) => uploaded)) / length,
    given: sumOf(takers.map(({ uploaded }) => uploaded)) / wanted,
    fairness: jain(takers.map(({ uploaded, downloaded }) => (downloaded === 0 ? 0 : uploaded / downloaded))),
  };
};
