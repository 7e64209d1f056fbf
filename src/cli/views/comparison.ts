import type { ToldAs } from '../../contracts/json/told.ts';

type Row = Omit<ToldAs<'compared'>, 'type'>;

const FRACTIONS = new Set(['waste', 'seeded', 'given', 'fairness']);

/** Three figures of a fraction, two after the point of seconds. */
const figure = (measure: string, value: number | undefined, signed = false): string => {
  if (value === undefined) return 'never';
  const text = Math.abs(value).toFixed(FRACTIONS.has(measure) ? 3 : 2);
  const isZero = !/[1-9]/.test(text);
  if (isZero) return text;
  return `${value < 0 ? '−' : signed ? '+' : ''}${text}`;
};

const verdict = ({ better, seeds }: Row, fewest: number): string => {
  if (better !== undefined) return `${better} is better`;
  return seeds < fewest ? 'too few seeds' : 'no difference can be told';
};

/** Fewer seeds than this say nothing. */
const FEWEST = 6;

/** A table of all measures, and what they say. */
export const comparisonLines = (rows: readonly Row[], [a, b]: readonly [string, string]): readonly string[] => {
  const cells = rows.map((row) => {
    const of = (value: number | undefined, signed = false): string => figure(row.measure, value, signed);
    const interval =
      row.low === undefined || row.high === undefined ? '' : `${of(row.low, true)} … ${of(row.high, true)}`;
    return [row.measure, of(row.a), of(row.b), of(row.difference, true), interval, verdict(row, FEWEST)];
  });
  const table = [['', 'a', 'b', 'b − a', '95 %', ''], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === 5 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [`a: ${a}`, `b: ${b}`, '', ...table.map(line)];
};
