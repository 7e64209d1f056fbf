import type { FileProgress } from '../../download/running/readModel.ts';
import { fit, middle, visible } from '../io/text.ts';
import { bytesOf, counted, percent } from '../io/units.ts';

/** Files that are shown at one time: those that have been begun. */
const MOST = 6;

const PERCENT = 6;

/** The last name of a path, whichever way its system writes it. */
const lastName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

const wantedOf = (files: readonly FileProgress[]): readonly FileProgress[] => files.filter(({ wanted }) => wanted);
const isWhole = ({ stored, length }: FileProgress): boolean => stored >= length;

/** `2 of 7 files complete`; nothing for a torrent of which one file is wanted. */
export const filesLine = (files: readonly FileProgress[]): string | undefined => {
  const wanted = wantedOf(files);
  if (wanted.length < 2) return undefined;
  return `${wanted.filter(isWhole).length} of ${counted(wanted.length, 'file')} complete`;
};

/**
 * How many of the wanted files are complete, and how far those are that have been begun, in at most `height` lines. No
 * line is wider than `width`.
 */
export const filesLines = (files: readonly FileProgress[], width: number, height: number): readonly string[] => {
  const first = filesLine(files);
  if (first === undefined || height < 1) return [];
  const begun = [...files.entries()].filter(([, file]) => file.wanted && file.stored > 0 && !isWhole(file));
  const room = Math.min(MOST, height - 1);
  const shown = begun.length <= room ? begun : begun.slice(0, Math.max(0, room - 1));
  const digits = String(files.length).length;
  const lines = shown.map(([at, { path, stored, length }]) => {
    const left = `${percent(stored, length).padStart(PERCENT)}  ${String(at + 1).padStart(digits)} `;
    const right = `  ${bytesOf(stored, length)}`;
    const name = visible(lastName(path));
    return fit(`${left}${middle(name, Math.max(1, width - left.length - right.length))}${right}`, width);
  });
  const more = begun.length - shown.length;
  return [fit(first, width), ...lines, ...(more > 0 && room > 0 ? [fit(`… and ${more} more`, width)] : [])];
};
