import type { Torrent } from './metainfo.ts';
import { selects, type Span } from './selection.ts';

type Files = Pick<Torrent, 'files'>;

/** The indices in `files` of the files that the user sees; padding has no number. File number 1 is at `[0]`. */
export const numberedFiles = ({ files }: Files): readonly number[] =>
  [...files.keys()].filter((index) => files[index]?.padding === false);

/**
 * Does the file have content of its own? Padding has none, and a symbolic link (BEP 47) leads to the content of another
 * file.
 */
const holds = ({ padding, attributes }: Files['files'][number]): boolean => !padding && !attributes.includes('l');

/** Length of the content in bytes, without padding and links. `torrent.length` and the pieces include padding. */
export const contentLength = ({ files }: Files): number =>
  files.reduce((sum, file) => sum + (holds(file) ? file.length : 0), 0);

/** Joins ascending numbers to spans that neither touch nor overlap. */
export const spansOf = (ascending: readonly number[]): readonly Span[] => {
  const spans: [first: number, last: number][] = [];
  for (const number of ascending) {
    const open = spans.at(-1);
    if (open !== undefined && number <= open[1] + 1) open[1] = number;
    else spans.push([number, number]);
  }
  return spans;
};

/** Converts a selection, given by indices in `files`, to the numbers that the user sees, as spans in order. */
export const numbersOf = (torrent: Files, selection: readonly Span[] | undefined): readonly Span[] => {
  const selected = selects(selection);
  const numbers = numberedFiles(torrent).flatMap((index, at) => (selected(index) ? [at + 1] : []));
  return spansOf(numbers);
};
