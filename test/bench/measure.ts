import { median } from '../../marbles/lab/statistics.ts';

export { median };

export const MiB = 2 ** 20;

/** Does a fixed amount of work; milliseconds are taken around it. */
export type Work = () => void | Promise<void>;

/**
 * Milliseconds of every run of every work. They take turns, so that what disturbs the machine disturbs all of them; the
 * first round warms up and is not counted.
 */
export const measure = async <Name extends string>(
  works: Readonly<Record<Name, Work>>,
  rounds: number,
): Promise<Record<Name, number[]>> => {
  const names = Object.keys(works) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const began = performance.now();
      await works[name]();
      if (round > 0) taken[name].push(performance.now() - began);
    }
  }
  return taken;
};

/** Median of the ratios of runs of one round, which the same disturbance has met. */
export const ratio = (of: readonly number[], to: readonly number[]): number =>
  median(of.map((ms, round) => ms / (to[round] ?? Number.NaN)));

/** How far the middle half of the runs lies apart, of their median, in per cent. */
export const spread = (numbers: readonly number[]): string => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return `±${Math.round((50 * (at(0.75) - at(0.25))) / median(sorted))} %`;
};

export const figure = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

/** Prints columns; the first is words, the others are figures. */
export const table = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): void => {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const show = (line: readonly string[]): string =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  console.log(
    [`\n${title}`, show(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(show)].join('\n'),
  );
};
