import type { Checked } from '../../contracts/events.ts';
import { numberedFiles } from '../../torrent/metainfo/fileNumbers.ts';
import type { FileState } from '../../torrent/metainfo/fileStates.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { visible } from '../io/text.ts';
import { bytes, counted, ranges } from '../io/units.ts';

/** Files, and ranges of wrong pieces, that are listed for the user. */
const LISTED = 20;
const RANGES = 10;

const WORDS: Readonly<Record<FileState, string>> = {
  complete: 'complete',
  missing: 'missing',
  'too-short': 'too short',
  'too-long': 'too long',
  damaged: 'damaged',
  unknown: 'not known',
};

const badOf = ({ files }: Checked): Checked['files'] => files.filter(({ state }) => state !== 'complete');

const detail = ({ state, size }: Checked['files'][number], length: number): string => {
  if (state === 'too-long') return ` (${bytes(size - length)} behind its end)`;
  if (state === 'too-short') return ` (${bytes(size)} of ${bytes(length)})`;
  return state === 'unknown' ? ' (it shares a piece with a file that is not there)' : '';
};

/** A line for each wrong file, as many as a user can read; then the number of the rest. */
export const badFileLines = (torrent: Torrent, checked: Checked): readonly string[] => {
  const bad = badOf(checked);
  const lines = bad
    .slice(0, LISTED)
    .map(
      (each) =>
        `${WORDS[each.state].padEnd(9)}  ${visible(each.path)}${detail(each, torrent.files[each.file]?.length ?? 0)}`,
    );
  return bad.length > LISTED
    ? [...lines, `… and ${counted(bad.length - LISTED, 'more file')} (--json lists all)`]
    : lines;
};

/** What is wrong, and what to do. */
export const summary = (place: string, torrent: Torrent, checked: Checked, wrong: readonly number[]): string => {
  const { valid, pieceCount } = checked;
  const which = ranges(wrong);
  const list = `${which.slice(0, RANGES).join(', ')}${which.length > RANGES ? ', …' : ''}`;
  const pieces =
    wrong.length > 0
      ? [`${pieceCount - valid} of ${counted(pieceCount, 'piece')} missing or wrong (number ${list})`]
      : [];
  const bad = badOf(checked);
  const first = bad[0];
  const named = first && torrent.files.length > 1 ? `, first ${visible(first.path)}` : '';
  const files = first
    ? [`${counted(bad.length, 'file')} ${bad.length === 1 ? WORDS[first.state] : 'missing or damaged'}${named}`]
    : [];
  const advice =
    first?.state === 'too-long' && wrong.length === 0
      ? 'what is behind the end is none of the torrent'
      : 'download again to fetch what is missing';
  return `${visible(place)}: ${[...pieces, ...files].join('; ')}: ${advice}`;
};

/** The same as one JSON object: only the files that are not as they should be are listed. */
export const checkedObject = (path: string, torrent: Torrent, checked: Checked): ToldAs<'verified'> => {
  const numbers = new Map(numberedFiles(torrent).map((place, at) => [place, at + 1]));
  return {
    type: 'verified',
    path,
    complete: checked.complete,
    valid: checked.valid,
    pieceCount: checked.pieceCount,
    files: badOf(checked).map(({ file, path: of, state, size }) => ({
      number: numbers.get(file) ?? file + 1,
      path: of,
      state,
      size,
    })),
  };
};
