import type { Progress } from '../../env.ts';
import { progressLine } from './progress.ts';
import { columns, fit } from './text.ts';
import { percent } from './units.ts';

/** One of several torrents. */
export interface Row {
  readonly name: string;
  readonly progress: Progress;
}

/** Columns of the longest name, beyond which names are cut. */
const NAME = 24;

/** The live block of several torrents, a line each. No line is wider than `width`. */
export const severalLines = (rows: readonly Row[], width: number): readonly string[] => {
  const room = Math.min(NAME, Math.max(0, ...rows.map(({ name }) => columns(name))), Math.floor(width / 3));
  return rows.map(({ name, progress }) => {
    const short = fit(name, room);
    const [, ...facts] = progressLine(progress).split(', ');
    return fit(`${percent(progress.stored, progress.length).padStart(6)}  ${short}${' '.repeat(room - columns(short))}  ${facts.join(' · ')}`, width);
  });
};

/** One of them as a line for a log. */
export const severalLine = ({ name, progress }: Row): string => `${name}: ${progressLine(progress)}`;
